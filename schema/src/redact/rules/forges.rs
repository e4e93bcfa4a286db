//! Tokens of GitHub, GitLab, Bitbucket and Atlassian.

use crate::redact::rule::{Rule, token};

pub(super) const RULES: &[Rule] = &[
    token("github-pat", "GitHub personal access token", &["ghp_"], r"ghp_[A-Za-z0-9]{30,}"),
    token("github-oauth-token", "GitHub OAuth token", &["gho_"], r"gho_[A-Za-z0-9]{30,}"),
    token(
        "github-app-token",
        "GitHub app token of a user or an installation",
        &["ghu_", "ghs_"],
        r"gh[us]_[A-Za-z0-9]{30,}",
    ),
    token("github-refresh-token", "GitHub refresh token", &["ghr_"], r"ghr_[A-Za-z0-9]{30,}"),
    token(
        "github-fine-grained-pat",
        "GitHub fine-grained personal access token",
        &["github_pat_"],
        r"github_pat_[A-Za-z0-9_]{40,}",
    ),
    token("gitlab-pat", "GitLab personal access token", &["glpat-"], r"glpat-[A-Za-z0-9_.\-]{18,}"),
    token(
        "gitlab-token",
        "GitLab token of a trigger, deployment, runner, job, feed, agent or application",
        &[
            "glptt-",
            "gldt-",
            "glrt-",
            "glrtr-",
            "glcbt-",
            "glft-",
            "glimt-",
            "glagent-",
            "gloas-",
            "glsoat-",
            "glffct-",
            "glwt-",
            "GR1348941",
        ],
        r"(?:gl(?:ptt|dt|rt|rtr|cbt|ft|imt|agent|oas|soat|ffct|wt)-|GR1348941)[A-Za-z0-9_.\-]{16,}",
    ),
    token(
        "bitbucket-app-password",
        "Bitbucket app password",
        &["ATBB"],
        r"ATBB[A-Za-z0-9_=\-]{20,}",
    ),
    token("bitbucket-token", "Bitbucket HTTP token", &["BBDC-"], r"BBDC-[A-Za-z0-9+/@_\-]{30,}"),
    token(
        "atlassian-api-token",
        "Atlassian API token",
        &["ATATT3", "ATCTT3", "ATSTT3"],
        r"AT[ACS]TT3[A-Za-z0-9_=\-]{40,}",
    ),
];

//! The listeners: which service stands behind which address.
//!
//! Both OTLP listeners understand both protocols, so that an agent that was given the other
//! port is not lost: gRPC is known by its content type, OTLP/HTTP by its paths.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use seam_collector::answer::GrpcBody;
use seam_collector::credentials::{Authenticator, Door};
use seam_collector::grpc::{OtlpGrpc, OtlpGrpcService};
use seam_collector::http::{OtlpHttp, OtlpHttpService};
use seam_collector::listener::{
    ListenOptions, Listener, Peer, Protection, Stopped, check_exposure,
};
use seam_collector::tls::{ServerTls, TlsFiles, Versions};
use tokio::task::JoinHandle;

use super::assembly::Assembly;
use crate::api::{Guard, Operations, router};
use crate::config::Config;

/// Listeners that are bound and do not serve yet.
pub(crate) struct Bound {
    grpc: Listener,
    http: Listener,
    api: Listener,
}

/// Binds all three; nothing is served if one cannot be bound.
pub(crate) async fn bind(assembly: &Assembly, config: &Config) -> anyhow::Result<Bound> {
    let bind = async |name: &'static str,
                      address: SocketAddr,
                      asks_clients: bool|
           -> anyhow::Result<Listener> {
        let tls = tls(config, asks_clients)?;
        let protection =
            Protection { tls: tls.is_some(), credentials: true, insecure: config.insecure };
        check_exposure(name, address, protection)?;
        let limits = assembly.ingest.limits().clone();
        let options = ListenOptions { name, address, tls, versions: Versions::Any, limits };
        Ok(Listener::bind(options, Arc::clone(&assembly.metrics)).await?)
    };
    Ok(Bound {
        grpc: bind("otlp-grpc", config.otlp_grpc, true).await?,
        http: bind("otlp-http", config.otlp_http, true).await?,
        // People come with a token; only agents have certificates.
        api: bind("api", config.api, false).await?,
    })
}

fn tls(config: &Config, asks_clients: bool) -> anyhow::Result<Option<Arc<ServerTls>>> {
    let Some(tls) = &config.tls else { return Ok(None) };
    let files = TlsFiles {
        certificate: tls.cert.clone(),
        key: tls.key.clone(),
        client_ca: tls.client_ca.clone().filter(|_| asks_clients),
        client_certificate_required: tls.client_required && asks_clients,
    };
    Ok(Some(Arc::new(ServerTls::load(files, Versions::Any)?)))
}

impl Bound {
    /// Where each listens, by the name that scripts look for.
    pub(crate) fn addresses(&self) -> [(&'static str, SocketAddr); 3] {
        [
            ("otlp-grpc", self.grpc.local_address()),
            ("otlp-http", self.http.local_address()),
            ("api", self.api.local_address()),
        ]
    }

    /// Serves until told to stop.
    pub(crate) fn serve(
        self,
        assembly: &Assembly,
        config: &Config,
        stopped: &Stopped,
    ) -> Vec<JoinHandle<()>> {
        let otlp = Authenticator::new(Door::Otlp, Arc::clone(&assembly.tokens), config.insecure);
        let doors = OtlpDoors {
            grpc: OtlpGrpc::new(Arc::clone(&assembly.ingest), otlp.clone()),
            http: OtlpHttp::new(Arc::clone(&assembly.ingest), otlp),
        };
        let api = Authenticator::new(Door::Api, Arc::clone(&assembly.tokens), false);
        let guard = Arc::new(Guard::new(api, self.api.local_address()));
        let operations = Arc::new(Operations::new(assembly));
        let audit: Arc<dyn seam_queries::http::Audit> = Arc::clone(&assembly.audit) as _;
        let sql = seam_queries::http::router(Arc::clone(&assembly.engine), audit);
        let drain = config.shutdown / 2;
        let (on_grpc, on_http) = (doors.clone(), doors);
        let api = move |peer: Arc<Peer>| -> TowerToHyperService<Router> {
            TowerToHyperService::new(router(&operations, &guard, sql.clone(), peer))
        };
        vec![
            tokio::spawn(self.grpc.serve(
                move |peer| on_grpc.service(peer),
                stopped.clone(),
                drain,
            )),
            tokio::spawn(self.http.serve(
                move |peer| on_http.service(peer),
                stopped.clone(),
                drain,
            )),
            tokio::spawn(self.api.serve(api, stopped.clone(), drain)),
        ]
    }
}

/// Makes the service of each OTLP connection.
#[derive(Clone)]
struct OtlpDoors {
    grpc: OtlpGrpc,
    http: OtlpHttp,
}

impl OtlpDoors {
    fn service(&self, peer: Arc<Peer>) -> OtlpService {
        OtlpService { grpc: self.grpc.service(Arc::clone(&peer)), http: self.http.service(peer) }
    }
}

/// Both protocols on one connection.
struct OtlpService {
    grpc: OtlpGrpcService,
    http: OtlpHttpService,
}

/// The paths of OTLP/gRPC all begin so.
const GRPC_PATHS: &str = "/opentelemetry.proto.collector.";

fn is_grpc(request: &Request<Incoming>) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    request.uri().path().starts_with(GRPC_PATHS)
        || content_type.is_some_and(|value| value.starts_with(b"application/grpc"))
}

type HttpBody = <OtlpHttpService as Service<Request<Incoming>>>::Response;

impl Service<Request<Incoming>> for OtlpService {
    type Response = Response<Either<GrpcBody, http_body_util::Full<Bytes>>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if is_grpc(&request) {
            let answer = self.grpc.call(request);
            return Box::pin(async move { Ok(answer.await?.map(Either::Left)) });
        }
        let answer = self.http.call(request);
        Box::pin(async move {
            let answer: HttpBody = answer.await?;
            Ok(answer.map(Either::Right))
        })
    }
}

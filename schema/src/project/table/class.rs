//! Classes and activities of OCSF, as far as the table uses them.

/// A class.
#[derive(Debug, PartialEq, Eq)]
pub struct Class {
    /// `class_uid`.
    pub uid: i64,
    /// `category_uid`.
    pub category: i64,
    /// `class_name`.
    pub name: &'static str,
    /// `category_name`.
    pub category_name: &'static str,
}

/// An activity of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// `activity_id`.
    pub id: i64,
    /// `activity_name`; of our own where the id is 99.
    pub name: &'static str,
}

impl Class {
    /// `type_uid`.
    pub const fn type_uid(&self, activity: Activity) -> i64 {
        self.uid * 100 + activity.id
    }
}

macro_rules! classes {
    ($($constant:ident = $uid:literal $name:literal in $category:literal $category_name:literal;)+) => {$(
        pub(super) const $constant: &Class = &Class {
            uid: $uid,
            category: $category,
            name: $name,
            category_name: $category_name,
        };
    )+};
}

classes! {
    BASE = 0 "Base Event" in 0 "Uncategorized";
    FILE = 1001 "File System Activity" in 1 "System Activity";
    PROCESS = 1007 "Process Activity" in 1 "System Activity";
    AUTHORIZE = 3003 "Authorize Session" in 3 "Identity & Access Management";
    NETWORK = 4001 "Network Activity" in 4 "Network Activity";
    HTTP = 4002 "HTTP Activity" in 4 "Network Activity";
    LIFECYCLE = 6002 "Application Lifecycle" in 6 "Application Activity";
    API = 6003 "API Activity" in 6 "Application Activity";
    ERROR = 6008 "Application Error" in 6 "Application Activity";
}

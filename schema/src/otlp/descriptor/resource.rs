//! `common.proto` and `resource.proto`: what all signals share.

use super::{Field, Kind, Message, Presence, Role, message, slots};

message! {
    /// `AnyValue`.
    ANY_VALUE = "AnyValue", Role::Value;
    1 "string_value" "stringValue" Kind::String, Oneof;
    2 "bool_value" "boolValue" Kind::Bool, Oneof;
    3 "int_value" "intValue" Kind::Int64, Oneof;
    4 "double_value" "doubleValue" Kind::Double, Oneof;
    5 "array_value" "arrayValue" Kind::Message(&ARRAY_VALUE), Oneof;
    6 "kvlist_value" "kvlistValue" Kind::Message(&KVLIST_VALUE), Oneof;
    7 "bytes_value" "bytesValue" Kind::Bytes, Oneof;
    8 "string_value_strindex" "stringValueStrindex" Kind::Int32, Oneof;
}

message! {
    /// `ArrayValue`.
    ARRAY_VALUE = "ArrayValue", Role::Part;
    1 "values" "values" Kind::Message(&ANY_VALUE), Repeated;
}

message! {
    /// `KeyValueList`.
    KVLIST_VALUE = "KeyValueList", Role::Part;
    1 "values" "values" Kind::Message(&KEY_VALUE), Repeated;
}

message! {
    /// `KeyValue`.
    KEY_VALUE = "KeyValue", Role::Part;
    1 "key" "key" Kind::String, Implicit;
    2 "value" "value" Kind::Message(&ANY_VALUE), Implicit;
    3 "key_strindex" "keyStrindex" Kind::Int32, Implicit;
}

message! {
    /// `InstrumentationScope`.
    SCOPE = "InstrumentationScope", Role::Part;
    1 "name" "name" Kind::String, Implicit;
    2 "version" "version" Kind::String, Implicit;
    3 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    4 "dropped_attributes_count" "droppedAttributesCount" Kind::Uint32, Implicit;
}

message! {
    /// `EntityRef`.
    ENTITY_REF = "EntityRef", Role::Part;
    1 "schema_url" "schemaUrl" Kind::String, Implicit;
    2 "type" "type" Kind::String, Implicit;
    3 "id_keys" "idKeys" Kind::String, Repeated;
    4 "description_keys" "descriptionKeys" Kind::String, Repeated;
}

message! {
    /// `Resource`.
    RESOURCE = "Resource", Role::Part;
    1 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    2 "dropped_attributes_count" "droppedAttributesCount" Kind::Uint32, Implicit;
    3 "entity_refs" "entityRefs" Kind::Message(&ENTITY_REF), Repeated;
}

//! `Resource`, its entities, and `InstrumentationScope`: who sent the telemetry and
//! what made it. They stand once for many records.

use super::descriptor;
use super::elements::{Element, Elements, UnknownFields};
use super::message::Message;
use super::text::Text;
use super::value::Attributes;
use super::wire::{Reader, Value, uint32};

/// The thing that sent the telemetry. Stands once for many records: read its attributes
/// once, not for each of them.
#[derive(Clone, Copy, Default)]
pub struct Resource<'a> {
    message: Message<'a>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
}

impl<'a> Resource<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let mut resource = Self { message, ..Self::default() };
        for field in message {
            if let (2, Value::Varint(count)) = field {
                resource.dropped_attributes_count = uint32(count);
            }
        }
        resource
    }

    /// The encoded resource; `None` where it was sent in several pieces.
    pub(crate) const fn as_whole(self) -> Option<&'a [u8]> {
        self.message.as_whole()
    }

    /// The attributes as sent.
    pub fn attributes(self) -> Attributes<'a> {
        self.message.elements(1)
    }

    /// The entities this resource is made of.
    pub fn entity_refs(self) -> Elements<'a, EntityRef<'a>> {
        self.message.elements(3)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::RESOURCE)
    }
}

/// Names an entity by some of the resource's attributes.
#[derive(Clone, Copy)]
pub struct EntityRef<'a> {
    message: Message<'a>,
    /// Schema of the entity's attributes.
    pub schema_url: Text<'a>,
    /// Type of the entity, such as `host`.
    pub entity_type: Text<'a>,
}

impl<'a> EntityRef<'a> {
    /// Keys of the attributes that identify the entity.
    pub fn id_keys(self) -> Elements<'a, Text<'a>> {
        self.message.elements(3)
    }

    /// Keys of the attributes that describe it.
    pub fn description_keys(self) -> Elements<'a, Text<'a>> {
        self.message.elements(4)
    }
}

impl<'a> Element<'a> for EntityRef<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let mut entity =
            Self { message, schema_url: Text::default(), entity_type: Text::default() };
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Bytes(bytes)) => entity.schema_url = Text::new(bytes),
                (2, Value::Bytes(bytes)) => entity.entity_type = Text::new(bytes),
                _ => {}
            }
        }
        entity
    }
}

/// The instrumentation that made the telemetry.
#[derive(Clone, Copy, Default)]
pub struct Scope<'a> {
    message: Message<'a>,
    /// Its name.
    pub name: Text<'a>,
    /// Its version.
    pub version: Text<'a>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
}

impl<'a> Scope<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let mut scope = Self { message, ..Self::default() };
        for field in message {
            match field {
                (1, Value::Bytes(bytes)) => scope.name = Text::new(bytes),
                (2, Value::Bytes(bytes)) => scope.version = Text::new(bytes),
                (4, Value::Varint(count)) => scope.dropped_attributes_count = uint32(count),
                _ => {}
            }
        }
        scope
    }

    /// The encoded scope; `None` where it was sent in several pieces.
    pub(crate) const fn as_whole(self) -> Option<&'a [u8]> {
        self.message.as_whole()
    }

    /// The attributes as sent.
    pub fn attributes(self) -> Attributes<'a> {
        self.message.elements(3)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::SCOPE)
    }
}

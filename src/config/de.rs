//! Reads any `Deserialize` type out of a [`Node`], so that each kind of provider parses its own
//! table and a mistake in it still knows its line.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::node::{Entry, Node, Place, Step, Value};

/// What a value is wrong in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    UnknownKey { key: String, known: Vec<&'static str> },
    UnknownChoice { given: String, known: Vec<&'static str> },
    Missing { key: String },
    WrongType { got: &'static str, wanted: String },
    LiteralSecret,
    Other(String),
}

/// A fault, where it is, and the way to it from the table that was read.
#[derive(Debug, Clone)]
pub(crate) struct DeError {
    pub(crate) fault: Fault,
    pub(crate) at: Option<Place>,
    pub(crate) path: Vec<Step>,
}

impl DeError {
    fn new(fault: Fault) -> Self {
        Self { fault, at: None, path: Vec::new() }
    }

    /// Adds keys of the outermost table that were read before the rest of it.
    pub(crate) fn also_known(&mut self, taken: &[&'static str]) {
        if let (Fault::UnknownKey { known, .. }, 0..=1) = (&mut self.fault, self.path.len()) {
            known.splice(0..0, taken.iter().copied());
        }
    }

    fn within(mut self, step: Step, at: &Place) -> Self {
        self.path.insert(0, step);
        self.at.get_or_insert_with(|| at.clone());
        self
    }

    fn at(mut self, at: &Place) -> Self {
        self.at.get_or_insert_with(|| at.clone());
        self
    }
}

impl std::fmt::Display for DeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.fault)
    }
}

impl std::error::Error for DeError {}

impl serde::de::Error for DeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(Fault::Other(message.to_string()))
    }

    fn invalid_type(got: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(Fault::WrongType { got: kind(&got), wanted: wanted.to_string() })
    }

    fn invalid_value(got: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(got, wanted)
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownKey { key: key.to_owned(), known: known.to_vec() })
    }

    fn unknown_variant(given: &str, known: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownChoice { given: given.to_owned(), known: known.to_vec() })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Fault::Missing { key: key.to_owned() })
    }
}

/// Never the value itself: it could be a secret in the wrong place.
const fn kind(got: &Unexpected<'_>) -> &'static str {
    match got {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::UnitVariant => "a text",
        Unexpected::Seq => "a list",
        Unexpected::Map | Unexpected::StructVariant | Unexpected::NewtypeVariant => "a table",
        _ => "something else",
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = DeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let read = match &self.value {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(yes) => visitor.visit_bool(*yes),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            Value::Table(table) => visitor.visit_map(Fields { entries: table.iter(), current: None }),
        };
        read.map_err(|error| error.at(&self.at))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let read = match &self.value {
            Value::Table(table) => match table.iter().next() {
                Some((key, entry)) if table.len() == 1 => visitor.visit_enum(Variant { key, entry }),
                _ => Err(DeError::new(Fault::Other(format!(
                    "write exactly one of {}",
                    variants.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                )))),
            },
            _ if name == "SecretRef" => Err(DeError::new(Fault::LiteralSecret)),
            Value::Text(text) => {
                visitor.visit_enum(IntoDeserializer::<DeError>::into_deserializer(text.as_str()))
            }
            _ => return self.deserialize_any(visitor),
        };
        read.map_err(|error| error.at(&self.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DeError> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|error| error.within(Step::Index(index), &node.at))
    }
}

struct Fields<'de> {
    entries: std::collections::btree_map::Iter<'de, String, Entry>,
    current: Option<(&'de String, &'de Entry)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = DeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DeError> {
        let Some((key, entry)) = self.entries.next() else { return Ok(None) };
        self.current = Some((key, entry));
        let name: StrDeserializer<'_, DeError> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|error| error.within(Step::Key(key.clone()), &entry.key_at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeError> {
        let Some((key, entry)) = self.current.take() else {
            return Err(serde::de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(&entry.node).map_err(|error| error.within(Step::Key(key.clone()), &entry.node.at))
    }
}

struct Variant<'de> {
    key: &'de String,
    entry: &'de Entry,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DeError;
    type Variant = &'de Node;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, &'de Node), DeError> {
        let name: StrDeserializer<'_, DeError> = self.key.as_str().into_deserializer();
        let variant = seed.deserialize(name).map_err(|error| error.at(&self.entry.key_at))?;
        Ok((variant, &self.entry.node))
    }
}

impl<'de> VariantAccess<'de> for &'de Node {
    type Error = DeError;

    fn unit_variant(self) -> Result<(), DeError> {
        Err(DeError::new(Fault::Other("takes no value".to_owned())).at(&self.at))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DeError> {
        seed.deserialize(self).map_err(|error| error.at(&self.at))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.deserialize_any(visitor)
    }
}

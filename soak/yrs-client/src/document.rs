//! The document that every stack of the campaign shares: a text, a map and a bag (an array of strings).

use serde_json::{json, Map as JsonMap, Value};
use yrs::block::ClientID;
use yrs::sync::{Awareness, DefaultProtocol, Message, Protocol, SyncMessage};
use yrs::updates::encoder::{Encode, Encoder, EncoderV1};
use yrs::{
    Any, Array, ArrayRef, Doc, GetString, Map, MapRef, OffsetKind, Options, Out, ReadTxn, Text, TextRef, Transact,
};

pub struct Document {
    awareness: Awareness,
    text: TextRef,
    map: MapRef,
    bag: ArrayRef,
}

impl Document {
    pub fn new(client_id: Option<u64>) -> Document {
        let mut options = Options { offset_kind: OffsetKind::Utf16, ..Options::default() };
        if let Some(id) = client_id {
            options.client_id = ClientID::new(id);
        }
        let doc = Doc::with_options(options);
        let text = doc.get_or_insert_text("text");
        let map = doc.get_or_insert_map("map");
        let bag = doc.get_or_insert_array("bag");
        Document { awareness: Awareness::new(doc), text, map, bag }
    }

    /// What a connection begins with: several messages in one frame, as yrs makes them.
    pub fn greeting(&self) -> Vec<u8> {
        let mut encoder = EncoderV1::new();
        DefaultProtocol.start(&self.awareness, &mut encoder).expect("a greeting can be encoded");
        encoder.to_vec()
    }

    /// Takes in a frame and gives what is to be answered.
    pub fn handle(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        match DefaultProtocol.handle(&mut self.awareness, frame) {
            Ok(replies) => replies.iter().map(|reply| reply.encode_v1()).collect(),
            Err(error) => {
                eprintln!("frame not understood: {error}");
                vec![]
            }
        }
    }

    /// Does all of it in one transaction; the frame that tells others.
    pub fn edit(&mut self, ops: &[Value]) -> Vec<u8> {
        let doc = self.awareness.doc();
        let update = {
            let mut txn = doc.transact_mut();
            for op in ops {
                let share = op["at"].as_f64().unwrap_or(0.0);
                match op["op"].as_str() {
                    Some("insert") => {
                        let at = place(share, self.text.len(&txn) + 1);
                        self.text.insert(&mut txn, at, op["chars"].as_str().unwrap_or(""));
                    }
                    Some("erase") => {
                        let length = self.text.len(&txn);
                        let at = place(share, length);
                        let count = (op["count"].as_u64().unwrap_or(0) as u32).min(length - at);
                        if count > 0 {
                            self.text.remove_range(&mut txn, at, count);
                        }
                    }
                    Some("set") => {
                        let key = op["key"].as_str().unwrap_or("");
                        self.map.insert(&mut txn, key, op["value"].as_str().unwrap_or(""));
                    }
                    Some("unset") => {
                        self.map.remove(&mut txn, op["key"].as_str().unwrap_or(""));
                    }
                    Some("push") => {
                        self.bag.push_back(&mut txn, op["value"].as_str().unwrap_or(""));
                    }
                    Some("drop") => {
                        let length = self.bag.len(&txn);
                        if length > 0 {
                            self.bag.remove(&mut txn, place(share, length));
                        }
                    }
                    _ => {}
                }
            }
            txn.commit();
            txn.encode_update_v1()
        };
        Message::Sync(SyncMessage::Update(update)).encode_v1()
    }

    pub fn look(&self) -> Value {
        let txn = self.awareness.doc().transact();
        let map: JsonMap<String, Value> =
            self.map.iter(&txn).map(|(key, value)| (key.to_string(), string_of(value))).collect();
        let bag: Vec<Value> = self.bag.iter(&txn).map(string_of).collect();
        json!({
            "text": self.text.get_string(&txn),
            "map": map,
            "bag": bag,
            "state": txn.state_vector().encode_v1(),
            "pending": txn.has_missing_updates(),
        })
    }
}

/// A share of 0 to 1 as an index below `length`.
fn place(share: f64, length: u32) -> u32 {
    ((share * f64::from(length)) as u32).min(length.saturating_sub(1))
}

fn string_of(value: Out) -> Value {
    match value {
        Out::Any(Any::String(text)) => Value::String(text.to_string()),
        other => Value::String(format!("not a string: {other:?}")),
    }
}

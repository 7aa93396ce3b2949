//! A stock y-websocket client on yrs, told what to do in lines of JSON on standard input; each line has one answer.
//!
//! {"cmd":"start","url":"ws://...","clientId":n|null}   {"cmd":"edit","ops":[...]}   {"cmd":"look"}
//!
//! It reconnects by itself, as applications on this stack have to.

mod document;

use std::io::{BufRead, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::mpsc::{channel, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use document::Document;
use serde_json::{json, Value};
use tungstenite::client::client;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::handshake::{HandshakeError, MidHandshake};
use tungstenite::{Error, Message, WebSocket};

/// A connection on its way; a network that stalls can leave it in the handshake for long.
enum Connection {
    None,
    Opening(MidHandshake<ClientHandshake<TcpStream>>),
    Open(WebSocket<TcpStream>),
}

const POLL: Duration = Duration::from_millis(5);
const RECONNECT_AFTER: Duration = Duration::from_millis(100);

fn main() {
    let commands = read_commands();
    let Ok(start) = commands.recv() else { return };
    let url = start["url"].as_str().unwrap_or("").to_owned();
    let mut document = Document::new(start["clientId"].as_u64());
    answer(json!({ "ok": true }));
    let mut connection = Connection::None;
    let mut not_before = Instant::now();
    loop {
        match commands.try_recv() {
            Ok(command) => {
                let (reply, frames) = obey(&mut document, &command);
                send_all(&mut connection, frames);
                answer(reply);
                continue;
            }
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {}
        }
        connection = match connection {
            Connection::None if Instant::now() >= not_before => {
                not_before = Instant::now() + RECONNECT_AFTER;
                greeted(&document, connect(&url))
            }
            Connection::Opening(handshake) => greeted(&document, after(handshake.handshake())),
            same => same,
        };
        match receive(&mut connection) {
            Some(frame) => {
                let frames = document.handle(&frame);
                send_all(&mut connection, frames);
            }
            None if matches!(connection, Connection::None) => thread::sleep(POLL),
            None => {}
        }
    }
}

fn obey(document: &mut Document, command: &Value) -> (Value, Vec<Vec<u8>>) {
    match command["cmd"].as_str() {
        Some("edit") => {
            let frame = document.edit(command["ops"].as_array().map_or(&[][..], |ops| &ops[..]));
            (json!({ "ok": true }), vec![frame])
        }
        Some("look") => (document.look(), vec![]),
        _ => (json!({ "error": "unknown command" }), vec![]),
    }
}

fn connect(url: &str) -> Connection {
    let host = url.trim_start_matches("ws://").split('/').next().unwrap_or("");
    let Ok(stream) = TcpStream::connect(host) else { return Connection::None };
    if stream.set_read_timeout(Some(POLL)).is_err() || stream.set_nodelay(true).is_err() {
        return Connection::None;
    }
    after(client(url, stream))
}

fn after<R>(outcome: Result<(WebSocket<TcpStream>, R), HandshakeError<ClientHandshake<TcpStream>>>) -> Connection {
    match outcome {
        Ok((socket, _)) => Connection::Open(socket),
        Err(HandshakeError::Interrupted(handshake)) => Connection::Opening(handshake),
        Err(HandshakeError::Failure(_)) => Connection::None,
    }
}

fn greeted(document: &Document, mut connection: Connection) -> Connection {
    send_all(&mut connection, vec![document.greeting()]);
    connection
}

/// The next frame; None when there is none now, or the socket has ended and is gone.
fn receive(connection: &mut Connection) -> Option<Vec<u8>> {
    let Connection::Open(socket) = connection else { return None };
    match socket.read() {
        Ok(Message::Binary(bytes)) => return Some(bytes.to_vec()),
        Ok(Message::Close(_)) => {}
        Ok(_) => return None,
        Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return None,
        Err(_) => {}
    }
    *connection = Connection::None;
    None
}

/// Without an open connection nothing is sent: the next greeting tells what was missed.
fn send_all(connection: &mut Connection, frames: Vec<Vec<u8>>) {
    for frame in frames {
        let Connection::Open(socket) = connection else { return };
        if socket.send(Message::binary(frame)).is_err() {
            *connection = Connection::None;
        }
    }
}

fn read_commands() -> Receiver<Value> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let command = serde_json::from_str(&line).unwrap_or(Value::Null);
            if sender.send(command).is_err() {
                return;
            }
        }
    });
    receiver
}

fn answer(value: Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{value}");
    let _ = out.flush();
}

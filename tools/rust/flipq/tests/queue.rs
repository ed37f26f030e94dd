// SPDX-License-Identifier: LGPL-2.1-or-later
//! Requests, from a slot to its result.

mod common;

use std::ffi::OsStr;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use flipq::{Algorithm, Checksum, Codec, Config, ErrorKind, Options, Queue};
use flipq::{Source, Target, ALL, HALF, IN_PROCESS};

const ENOENT: i32 = 2;
const EBUSY: i32 = 16;
const EINVAL: i32 = 22;
const EBADMSG: i32 = 74;
const ECANCELED: i32 = 125;

/// A queue whose requests stay where they are until somebody serves.
fn unserved() -> Queue {
    config().codec(Codec::new(Algorithm::Lz4)).owner_partitions(1).open().unwrap()
}

#[test]
fn round_trip() {
    let found = flipq::codecs(Some(OsStr::new(&device())), 0).unwrap();
    for (name, algorithm) in [
        ("lz4", Algorithm::Lz4),
        ("lz4hc", Algorithm::Lz4hc),
        ("zstd", Algorithm::Zstd),
        ("deflate", Algorithm::Deflate),
    ] {
        let info = found.iter().find(|codec| codec.name == name).unwrap();
        assert_eq!(info.algorithm, algorithm as u32);
        assert!(info.compresses && info.min_level <= info.default_level);
        let queue = queue(algorithm);
        let packed = packed(&queue, &text(), &Options::new()).output().to_vec();
        assert!(!packed.is_empty() && packed.len() < PAGE, "{name}");
        let mut slot = queue.get().unwrap().unwrap();
        slot.input()[..packed.len()].copy_from_slice(&packed);
        slot.decompress(packed.len(), &Options::new()).unwrap();
        assert_eq!(queue.submit().unwrap(), 1);
        assert_eq!(queue.wait(1, None).unwrap(), 1);
        let done = queue.peek().unwrap();
        done.check().unwrap();
        assert_eq!(done.output(), text(), "{name}");
    }
}

#[test]
fn results() {
    let queue = config()
        .codec(Codec::new(Algorithm::Lz4))
        .codec(Codec::new(Algorithm::Zstd).level(5).checksum())
        .open()
        .unwrap();
    let with = Options::new().detect_fill().checksum(Checksum::Crc32).codec(1);
    let done = packed(&queue, &b"abcdefgh".repeat(512), &with.tag(1));
    assert_eq!(done.filled(), Some(u64::from_le_bytes(*b"abcdefgh")));
    assert!(done.is_empty() && done.output().is_empty() && done.tag() == 1);
    drop(done);
    let done = packed(&queue, &noise(), &with.tag(2));
    assert!(done.is_incompressible() && done.filled().is_none() && done.tag() == 2);
    drop(done);
    let done = packed(&queue, b"123456789", &with.room(64).tag(3));
    assert_eq!((done.checksum(), done.tag()), (0xcbf4_3926, 3));
    assert_eq!(queue.in_flight(), 0);
    assert_eq!(queue.usage().submitted, 3);
    assert_eq!(queue.counters(None).unwrap().requests, 3);
    assert!(queue.counters(Some(64)).is_err());
}

#[test]
fn slots_run_out() {
    let queue = config().slots(2).partitions(1).open().unwrap();
    let first = queue.get().unwrap().unwrap();
    let second = queue.get().unwrap().unwrap();
    assert!(queue.get().unwrap().is_none());
    drop(first);
    let third = queue.get_in(0).unwrap().unwrap();
    assert_eq!(queue.get_in(1).unwrap_err().errno(), EINVAL);
    third.nop(7).unwrap();
    second.nop(8).unwrap();
    queue.submit_and_wait(ALL, None).unwrap();
    let mut tags: Vec<_> = queue.completions().map(|done| done.tag()).collect();
    tags.sort_unstable();
    assert_eq!(tags, [7, 8]);
    // dropped, they are free again
    assert!(queue.get().unwrap().is_some());
}

#[test]
fn numbers_are_checked() {
    let queue = queue(Algorithm::Lz4);
    let slot = || queue.get().unwrap().unwrap();
    let refused = |result: flipq::Result<flipq::InFlight<'_>>| {
        assert_eq!(result.unwrap_err().errno(), EINVAL);
    };
    assert_eq!(slot().write(&[0; PAGE + 1]).unwrap_err().errno(), EINVAL);
    refused(slot().compress(PAGE + 1, &Options::new()));
    refused(slot().compress(1 << 40, &Options::new()));
    refused(slot().compress(1, &Options::new().room(PAGE_U32 + 1)));
    refused(slot().compress(1, &Options::new().codec(1)));
    refused(slot().copy(Source::Slot(2), Target::Arena(0, 1), 0));
    // and each of these slots was given back
    assert_eq!(queue.submit().unwrap(), 0);
    for _ in 0..queue.slots() * queue.partitions() {
        slot().nop(0).unwrap();
    }
    assert!(queue.get().unwrap().is_none());
}

#[test]
fn corrupt() {
    let queue = queue(Algorithm::Zstd);
    let mut slot = queue.get().unwrap().unwrap();
    slot.write(b"this is no frame of zstd's").unwrap();
    slot.decompress(20, &Options::new()).unwrap();
    queue.submit_and_wait(1, None).unwrap();
    let error = queue.peek().unwrap().check().unwrap_err();
    assert_eq!((error.kind(), error.errno()), (ErrorKind::Request, EBADMSG));
    assert!(error.to_string().contains("corrupt"), "{error}");
}

#[test]
fn arena() {
    let mut queue = config()
        .codec(Codec::new(Algorithm::Lz4))
        .in_size(0)
        .max_len(PAGE_U32)
        .arena_size(4 * PAGE as u64)
        .open()
        .unwrap();
    queue.arena().unwrap()[..PAGE].copy_from_slice(&text());
    let slot = queue.get().unwrap().unwrap();
    slot.compress_at(
        Source::Arena(0, PAGE_U32),
        Target::Arena(PAGE as u64, PAGE_U32),
        &Options::new(),
    )
    .unwrap();
    assert_eq!(queue.arena().unwrap_err().errno(), EBUSY);
    queue.submit().unwrap();
    assert_eq!(queue.arena().unwrap_err().errno(), EBUSY);
    queue.wait(ALL, None).unwrap();
    let done = queue.peek().unwrap();
    done.check().unwrap();
    assert!(done.output().is_empty());
    let length = done.len() as u32;
    drop(done);
    for request in 0..2 {
        let slot = queue.get().unwrap().unwrap();
        if request == 0 {
            let target = Target::Arena(2 * PAGE as u64, PAGE_U32);
            slot.decompress_at(Source::Arena(PAGE as u64, length), target, &Options::new())
        } else {
            let target = Target::Arena(3 * PAGE as u64, PAGE_U32);
            slot.copy(Source::Arena(0, PAGE_U32), target, 0)
        }
        .unwrap();
    }
    queue.submit_and_wait(ALL, None).unwrap();
    for done in queue.completions() {
        done.check().unwrap();
    }
    assert_eq!(queue.arena().unwrap()[2 * PAGE..], text().repeat(2));
    assert_eq!(queue.arena_size(), 4 * PAGE);
    // what is dirty is copied, and no more
    let arena = queue.arena().unwrap();
    arena.fill(0);
    arena[PAGE / 2] = 9;
    arena[2 * PAGE] = 0b10;
    assert_eq!(queue.flush_arena(0, PAGE as u64, 2 * PAGE as u64, 4, 1024).unwrap(), 1);
    assert_eq!(queue.arena().unwrap()[2 * PAGE], 0);
    assert_eq!(queue.arena().unwrap()[PAGE + PAGE / 2], 0);
    queue.arena().unwrap()[2 * PAGE] = 0b100;
    assert_eq!(queue.flush_arena(0, PAGE as u64, 2 * PAGE as u64, 4, 1024).unwrap(), 1);
    assert_eq!(queue.arena().unwrap()[PAGE + PAGE / 2], 9);
}

#[test]
fn no_arena() {
    let mut queue = queue(Algorithm::Lz4);
    assert!(queue.arena().unwrap().is_empty());
}

#[test]
fn times() {
    let queue = unserved();
    queue.get().unwrap().unwrap().nop(0).unwrap();
    let began = Instant::now();
    let limit = Duration::from_millis(50);
    let error = queue.submit_and_wait(1, Some(limit)).unwrap_err();
    assert!(error.is_timeout() && !error.is_interrupted());
    assert!(began.elapsed() >= limit);
    assert!(queue.wait_until(1, Instant::now() + limit).unwrap_err().is_timeout());
    assert!(queue.wait(HALF, Some(Duration::ZERO)).unwrap_err().is_timeout());
    assert!(began.elapsed() >= 2 * limit);
    assert!(error.to_string().contains("expired"), "{error}");
}

#[test]
fn cancels() {
    let mut queue = unserved();
    let first = queue.get().unwrap().unwrap().nop(1).unwrap();
    assert!(!first.cancel().unwrap());
    queue.get().unwrap().unwrap().nop(2).unwrap();
    queue.submit().unwrap();
    assert!(first.cancel().unwrap());
    assert!(!first.cancel().unwrap());
    assert_eq!(queue.cancel_all().unwrap(), 1);
    queue.wait(ALL, None).unwrap();
    for done in queue.completions() {
        assert_eq!(done.check().unwrap_err().errno(), ECANCELED);
    }
    queue.get().unwrap().unwrap().nop(3).unwrap();
    queue.submit().unwrap();
    assert_eq!(queue.abort().unwrap(), 1);
    assert_eq!(queue.in_flight(), 0);
    assert!(queue.peek().is_none());
}

/// A token is of one request, and not of the next one in the same slot.
#[test]
fn stale_token() {
    let queue = config().slots(1).owner_partitions(1).open().unwrap();
    let stale = queue.get().unwrap().unwrap().nop(1).unwrap();
    queue.submit().unwrap();
    queue.cancel_all().unwrap();
    queue.wait(ALL, None).unwrap();
    queue.peek().unwrap();
    let fresh = queue.get().unwrap().unwrap().nop(2).unwrap();
    queue.submit().unwrap();
    assert!(!stale.cancel().unwrap());
    assert!(fresh.cancel().unwrap());
}

#[test]
fn threads_serve() {
    let queue = unserved();
    for tag in 0..3 {
        queue.get().unwrap().unwrap().nop(tag).unwrap();
    }
    let server = queue.server();
    thread::scope(|threads| {
        let served = threads.spawn(move || server.serve(0, 3, None).unwrap());
        queue.submit_and_wait(ALL, None).unwrap();
        assert_eq!(served.join().unwrap(), 3);
    });
    assert_eq!(queue.completions().count(), 3);
    assert_eq!(server.serve(1, 0, Some(Duration::ZERO)).unwrap_err().errno(), EINVAL);
    // a queue may move, and so may the thread that uses it
    thread::spawn(move || queue.get().unwrap().unwrap().nop(0).map(drop)).join().unwrap().unwrap();
}

#[test]
fn pool() {
    let queue = unserved();
    assert!(queue.pool_state().is_none());
    queue.start_pool(0, 1, Some(Duration::from_millis(10))).unwrap();
    packed(&queue, &text(), &Options::new()).check().unwrap();
    assert!(queue.pool_state().unwrap().started > 0);
    queue.start_pool(1, 1, None).unwrap();
    assert_eq!(queue.start_pool(2, 1, None).unwrap_err().errno(), EINVAL);
    queue.stop_pool();
    assert!(queue.pool_state().is_none());
    queue.start_pool(1, 1, None).unwrap();
}

#[test]
fn opening() {
    let queue = config().slots(4).partitions(2).open().unwrap();
    assert_eq!((queue.slots(), queue.partitions(), queue.owner_partitions()), (4, 2, 0));
    assert_eq!(queue.is_in_process(), device() == IN_PROCESS);
    assert!(queue.poll_fd().unwrap() >= 0);
    let error = config().codec(Codec::new(Algorithm::Lz4).level(70000)).open().unwrap_err();
    assert_eq!((error.kind(), error.errno()), (ErrorKind::Open, EINVAL));
    let nowhere = Config::new().device("/nowhere/flipq").codec(Codec::new(Algorithm::Lz4));
    let error = nowhere.open().unwrap_err();
    assert_eq!(error.errno(), ENOENT);
    assert!(error.to_string().contains("modprobe flipq"));
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
    assert!(nowhere.fallback(true).open().unwrap().is_in_process());
    assert_eq!(Config::new().device("a\0b").open().unwrap_err().errno(), EINVAL);
    assert_eq!(flipq::info(Some(OsStr::new(&device()))).unwrap().abi, 1);
    let nowhere = Some(OsStr::new("/nowhere/flipq"));
    assert_eq!(flipq::info(nowhere).unwrap_err().errno(), ENOENT);
    assert_eq!(flipq::codecs(nowhere, 0).unwrap_err().errno(), ENOENT);
}

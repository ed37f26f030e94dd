// SPDX-License-Identifier: LGPL-2.1-or-later
//! Memory of the process that is lent to requests.

mod common;

use std::mem;
use std::panic::{self, catch_unwind, AssertUnwindSafe};

use common::*;
use flipq::{Algorithm, Codec, Options, Queue, Source, Target, ALL};

fn lending() -> Queue {
    config()
        .codec(Codec::new(Algorithm::Zstd))
        .owner_partitions(2)
        .in_size(0)
        .max_len(1 << 20)
        .open()
        .unwrap()
}

#[test]
fn round_trip() {
    let mut queue = lending();
    queue.start_pool(0, 2, None).unwrap();
    let page = text();
    let mut room = vec![0; PAGE];
    let mut back = vec![0; PAGE];
    queue.scope(|scope| {
        let slot = scope.get_owner().unwrap().unwrap();
        slot.compress_at(Source::Memory(&page), Target::Memory(&mut room), &Options::new())
            .unwrap();
        scope.submit_and_wait(ALL, None).unwrap();
        let mut done = scope.peek().unwrap();
        done.check().unwrap();
        assert!(done.output().is_empty());
        let packed = done.take_memory().unwrap();
        assert_eq!(packed.len(), done.len());
        assert!(done.take_memory().is_none());
        drop(done);
        // what came back may be lent again
        let slot = scope.get_in(1).unwrap().unwrap();
        slot.decompress_at(Source::Memory(packed), Target::Memory(&mut back), &Options::new())
            .unwrap();
        scope.submit_and_wait(ALL, None).unwrap();
        scope.peek().unwrap().check().unwrap();
    });
    assert_eq!(back, page);
    assert_ne!(room[..100], [0; 100]);
}

/// What is left in flight is taken back: nobody writes to memory after the scope.
#[test]
fn nothing_is_left() {
    let mut queue = lending();
    let page = text().repeat(256);
    for forget in [false, true] {
        let mut room = vec![0; page.len()];
        let asked = queue.scope(|scope| {
            let slot = scope.get_owner().unwrap().unwrap();
            slot.compress_at(Source::Memory(&page), Target::Memory(&mut room), &Options::new())
                .unwrap();
            if forget {
                mem::forget(scope.get_owner().unwrap());
            }
            scope.submit().unwrap();
            scope.in_flight()
        });
        assert_eq!((asked, queue.in_flight()), (1, 0));
        // there is nobody who did it, and who comes now finds nothing
        assert_eq!(queue.server().serve(0, 0, Some(Default::default())).unwrap(), 0);
        assert_eq!(queue.server().serve(1, 0, Some(Default::default())).unwrap(), 0);
        assert!(room.iter().all(|&byte| byte == 0));
    }
    // nor do slots that were forgotten stay away
    let all = queue.slots() * queue.partitions();
    let got: Vec<_> = (0..all).map(|_| queue.get_owner().unwrap()).collect();
    assert!(got.iter().all(|slot| slot.is_some()));
}

#[test]
fn panics_end_it_as_well() {
    let mut queue = lending();
    queue.start_pool(2, 2, None).unwrap();
    let page = text().repeat(256);
    for _ in 0..20 {
        let mut room = vec![0; page.len()];
        let caught = catch_unwind(AssertUnwindSafe(|| {
            queue.scope(|scope| {
                while let Some(slot) = scope.get_owner().unwrap() {
                    slot.compress_at(Source::Memory(&page), Target::Slot, &Options::new()).unwrap();
                }
                scope.submit().unwrap();
                scope.peek();
                panic::panic_any(room[0]);
            })
        }));
        room[0] = caught.map(|_: ()| 1).unwrap_err().downcast_ref::<u8>().copied().unwrap();
        assert_eq!((room[0], queue.in_flight()), (0, 0));
    }
}

#[test]
fn memory_that_stays_needs_no_scope() {
    static ROOM: &[u8] = &[b'a'; 4096];
    let queue = lending();
    queue.start_pool(0, 0, None).unwrap();
    let slot = queue.get_owner().unwrap().unwrap();
    slot.compress_at(Source::Memory(ROOM), Target::Slot, &Options::new()).unwrap();
    queue.submit_and_wait(ALL, None).unwrap();
    let done = queue.peek().unwrap();
    done.check().unwrap();
    assert!(done.output().len() < 100);
}

#[test]
fn flush() {
    let mut queue = lending();
    let src = text().repeat(3);
    let mut dst = vec![0; src.len()];
    let mut dirty = [0b101_u64];
    assert_eq!(queue.flush_memory(&src, &mut dst, &mut dirty, PAGE_U32).unwrap(), 2);
    assert_eq!(dst[..PAGE], text());
    assert_eq!(dst[PAGE..2 * PAGE], [0; PAGE]);
    assert_eq!((&dst[2 * PAGE..], dirty), (&text()[..], [0]));
    // nothing outside of the shortest is touched
    let mut dirty = [u64::MAX];
    assert_eq!(queue.flush_memory(&src, &mut dst[..PAGE], &mut dirty, PAGE_U32).unwrap(), 1);
    assert_eq!(queue.flush_memory(&src, &mut dst, &mut [], PAGE_U32).unwrap(), 0);
    assert!(queue.flush_memory(&src, &mut dst, &mut dirty, 0).is_err());
}

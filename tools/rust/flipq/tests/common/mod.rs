// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the tests share: which device, and data.
#![allow(dead_code)]

use std::env;

use flipq::{Algorithm, Codec, Config, Done, Options, Queue, ALL, IN_PROCESS};

pub const PAGE: usize = 4096;
pub const PAGE_U32: u32 = PAGE as u32;

/// FLIPQ_DEVICE of the environment, or none.
pub fn device() -> String {
    env::var("FLIPQ_DEVICE").unwrap_or_else(|_| IN_PROCESS.into())
}

pub fn config() -> Config {
    Config::new().device(device()).in_size(PAGE_U32).out_size(PAGE_U32)
}

pub fn queue(algorithm: Algorithm) -> Queue {
    config().codec(Codec::new(algorithm)).open().unwrap()
}

pub fn text() -> Vec<u8> {
    let mut text: Vec<u8> = (0..400).flat_map(|n| format!("{n} sheep, and ").into_bytes()).collect();
    text.truncate(PAGE);
    text
}

/// Bytes that do not shrink.
pub fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..PAGE / 8).flat_map(|_| next().to_le_bytes()).collect()
}

/// Compress a page, and wait for that.
pub fn packed<'q>(queue: &'q Queue, data: &[u8], options: &Options) -> Done<'q> {
    let mut slot = queue.get().unwrap().unwrap();
    slot.write(data).unwrap();
    slot.compress(data.len(), options).unwrap();
    queue.submit_and_wait(ALL, None).unwrap();
    queue.peek().unwrap()
}

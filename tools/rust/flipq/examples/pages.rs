// SPDX-License-Identifier: LGPL-2.1-or-later
//! Compress the pages of a file, with all slots at work, and say how much they became.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::Read;

use flipq::{Algorithm, Codec, Config, Options, Queue, ALL, HALF};

const PAGE: usize = 4096;

/// How much the pages became that have finished.
fn collect(queue: &Queue) -> flipq::Result<u64> {
    let mut total = 0;
    for done in queue.completions() {
        done.check()?;
        // the tag is the length of what was read
        let stored = done.is_incompressible();
        total += if stored { done.tag() } else { done.len() as u64 };
    }
    Ok(total)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("usage: pages FILE [DEVICE]")?;
    let mut config = Config::new()
        .in_size(PAGE as u32)
        .out_size(PAGE as u32)
        .codec(Codec::new(Algorithm::Zstd))
        .fallback(true);
    if let Some(device) = env::args_os().nth(2) {
        config = config.device(device);
    }
    let queue = config.open()?;
    let mut file = File::open(path)?;
    let (mut pages, mut total) = (0, 0);
    loop {
        let mut slot = match queue.get()? {
            Some(slot) => slot,
            None => {
                queue.submit_and_wait(HALF, None)?;
                total += collect(&queue)?;
                continue;
            }
        };
        let length = file.read(slot.input())?;
        if length == 0 {
            break;
        }
        slot.compress(length, &Options::new().detect_fill().tag(length as u64))?;
        pages += 1;
    }
    queue.submit_and_wait(ALL, None)?;
    total += collect(&queue)?;
    let place = if queue.is_in_process() { "in the process" } else { "by the device" };
    println!("{pages} pages became {total} bytes, {place}");
    Ok(())
}

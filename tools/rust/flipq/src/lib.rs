// SPDX-License-Identifier: LGPL-2.1-or-later
//! A process's queue into the kernel's compressors, or with
//! [`fallback`](Config::fallback) into those of user space where there is no device.
//!
//! A [`Queue`] has slots: [`get`](Queue::get) one, write the data there, describe the
//! request, [`submit`](Queue::submit), [`wait`](Queue::wait), and take the result from
//! [`peek`](Queue::peek).
//!
//! ```
//! # fn main() -> flipq::Result<()> {
//! use flipq::{Algorithm, Codec, Config, Options, ALL};
//!
//! let queue = Config::new()
//!     .in_size(4096)
//!     .out_size(4096)
//!     .codec(Codec::new(Algorithm::Lz4))
//!     .fallback(true)
//!     .open()?;
//! let page = b"some text ".repeat(400);
//! for tag in 0..10 {
//!     let mut slot = queue.get()?.expect("all slots are free");
//!     slot.write(&page)?;
//!     slot.compress(page.len(), &Options::new().tag(tag))?;
//! }
//! queue.submit_and_wait(ALL, None)?;
//! for done in queue.completions() {
//!     done.check()?;
//!     println!("{}: {} bytes", done.tag(), done.output().len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The rules of slots are the compiler's to check: a [`Slot`] becomes a request once,
//! and its buffers are out of reach from then on until it comes back as a [`Done`]; that
//! gives it back when it is dropped, and nothing of it is left. Memory of the process is
//! lent to requests in a [`scope`](Queue::scope), which ends when nothing has it any
//! more. A queue can be sent to another thread and not be shared; threads open one each,
//! and may lend themselves with a [`Server`].
//!
//! libflipq(3) and flipq(4) say more of limits, policies, counters and errors.

#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

// its example is tested, too
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

mod ask;
mod config;
mod error;
mod queue;
mod scope;
mod slot;

pub use ask::{codecs, info, CodecInfo};
pub use config::{Algorithm, Checksum, Codec, Config, Options, Policy, IN_PROCESS};
pub use error::{Error, ErrorKind, Result};
pub use flipq_sys as sys;
pub use queue::{Queue, Server, ALL, HALF};
pub use scope::Scope;
pub use slot::{Done, InFlight, Slot, Source, Target};

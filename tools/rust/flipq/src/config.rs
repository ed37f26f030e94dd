// SPDX-License-Identifier: LGPL-2.1-or-later
use std::ffi::{CString, OsStr};
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::time::Duration;

use flipq_sys as sys;

use crate::error::{Error, ErrorKind, Result, EINVAL};
use crate::Queue;

/// In place of a device's path: the queue is served in the process.
pub const IN_PROCESS: &str = "process:";

/// What compresses. LZ4 and LZ4HC make LZ4 blocks, deflate raw streams, zstd whole
/// frames. LZO is the device's only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Algorithm {
    Lz4 = 1,
    Lz4hc = 2,
    Lzo = 3,
    Zstd = 4,
    Deflate = 5,
}

/// An algorithm and how it is used; requests name it by its place in the queue's list.
#[derive(Clone, Copy, Debug)]
pub struct Codec(sys::flipq_codec);

impl Codec {
    /// With the algorithm's default level.
    pub fn new(algorithm: Algorithm) -> Codec {
        Codec(sys::flipq_codec { algorithm: algorithm as u32, ..Default::default() })
    }

    /// At another level; 0 is the default.
    pub fn level(mut self, level: i32) -> Codec {
        self.0.level = level;
        self
    }

    /// zstd: with a checksum in each frame.
    pub fn checksum(self) -> Codec {
        self.flag(sys::FLIPQ_CODEC_CHECKSUM)
    }

    /// On owner-served partitions only, where it may take longer.
    pub fn owner(self) -> Codec {
        self.flag(sys::FLIPQ_CODEC_OWNER)
    }

    /// Without what compressing takes.
    pub fn decompress_only(self) -> Codec {
        self.flag(sys::FLIPQ_CODEC_DECOMPRESS_ONLY)
    }

    fn flag(mut self, flag: u32) -> Codec {
        self.0.flags |= flag;
        self
    }
}

/// Which partition the next slot is from; libflipq(3) says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Policy {
    Batch = 0,
    LeastLoaded = 1,
    RoundRobin = 2,
    FillFirst = 3,
    LocalNode = 4,
}

/// What queue to open: `struct flipq_config`, with the same defaults.
#[derive(Clone, Debug)]
pub struct Config {
    raw: sys::flipq_config,
    device: Option<CString>,
    bad_device: bool,
    codecs: Vec<Codec>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $kind:ty),* $(,)?) => {
        $($(#[$doc])*
        pub fn $name(mut self, $name: $kind) -> Config {
            self.raw.$name = $name;
            self
        })*
    };
}

impl Config {
    /// Slots with buffers of 64 KiB, one partition for each shared worker, no codec.
    pub fn new() -> Config {
        Config {
            raw: sys::flipq_config {
                device: ptr::null(),
                slots: 0,
                partitions: 0,
                owner_partitions: 0,
                in_size: 65536,
                out_size: 65536,
                max_len: 0,
                arena_size: 0,
                codecs: ptr::null(),
                nr_codecs: 0,
                policy: 0,
                set_spin: 0,
                worker_spin_ns: 0,
                wait_spin_ns: 0,
                shared_only: 0,
                flags: 0,
                fallback: 0,
            },
            device: None,
            bad_device: false,
            codecs: Vec::new(),
        }
    }

    setters! {
        /// Slots of a partition, 1 to 64.
        slots: u32,
        /// Partitions that shared workers serve.
        partitions: u32,
        /// Partitions that threads of the process serve; they come last.
        owner_partitions: u32,
        /// Bytes of a slot's input buffer, 0 for none.
        in_size: u32,
        /// Bytes of a slot's output buffer, 0 for none.
        out_size: u32,
        /// Longest input or output in the arena or in memory of the process.
        max_len: u32,
        /// Bytes of the arena, a multiple of the page size; 0 for none.
        arena_size: u64,
    }

    /// One more codec.
    pub fn codec(mut self, codec: Codec) -> Config {
        self.codecs.push(codec);
        self
    }

    /// Another device, or [`IN_PROCESS`].
    pub fn device(mut self, path: impl AsRef<OsStr>) -> Config {
        self.device = CString::new(path.as_ref().as_bytes()).ok();
        self.bad_device = self.device.is_none();
        self
    }

    /// Where there is no device that can be used the queue is served in the process.
    pub fn fallback(mut self, fallback: bool) -> Config {
        self.raw.fallback = fallback.into();
        self
    }

    /// Which partition slots are from.
    pub fn policy(mut self, policy: Policy) -> Config {
        self.raw.policy = policy as u32;
        self
    }

    /// How long a worker polls an idle partition, and a wait before it sleeps.
    pub fn spin(mut self, worker: Duration, wait: Duration) -> Config {
        let short = |time: Duration| u32::try_from(time.as_nanos()).unwrap_or(u32::MAX);
        self.raw.set_spin = 1;
        self.raw.worker_spin_ns = short(worker);
        self.raw.wait_spin_ns = short(wait);
        self
    }

    /// Fail with EPERM where shared workers are not for the caller.
    pub fn shared_only(mut self, only: bool) -> Config {
        self.raw.shared_only = only.into();
        self
    }

    /// Open the queue.
    pub fn open(&self) -> Result<Queue> {
        let codecs: Vec<_> = self.codecs.iter().map(|codec| codec.0).collect();
        let mut raw = self.raw;
        raw.device = self.device.as_ref().map_or(ptr::null(), |path| path.as_ptr().cast());
        raw.codecs = codecs.as_ptr();
        raw.nr_codecs = codecs.len() as u32;
        if self.bad_device {
            return Err(Error::new(ErrorKind::Open, -EINVAL));
        }
        let mut queue = ptr::null_mut();
        // SAFETY: all pointers lead to what lives until the call returns, after which
        // the library does not use them.
        let result = unsafe {
            sys::flipq_open_sized(&mut queue, &raw, size_of::<sys::flipq_config>())
        };
        match ptr::NonNull::new(queue) {
            Some(queue) if result == 0 => {
                // SAFETY: it is open, and nobody else has it.
                Ok(unsafe { Queue::new(queue, raw.in_size, raw.out_size) })
            }
            _ => Err(Error::new(ErrorKind::Open, result)),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

/// A checksum of what is, or was, compressed; seeds are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Checksum {
    #[default]
    None = 0,
    Xxh32 = 1,
    Xxh64 = 2,
    Crc32 = 3,
}

/// How a request is done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub(crate) codec: u32,
    pub(crate) flags: u32,
    pub(crate) room: Option<u32>,
    pub(crate) tag: u64,
}

impl Options {
    /// With the first codec, no checksum, all the room that there is, and tag 0.
    pub fn new() -> Options {
        Options::default()
    }

    /// Which of the queue's codecs, counted from 0.
    pub fn codec(mut self, codec: u32) -> Options {
        self.codec = codec;
        self
    }

    /// Bytes that the output may have in the slot.
    pub fn room(mut self, room: u32) -> Options {
        self.room = Some(room);
        self
    }

    /// A number that comes back with the result.
    pub fn tag(mut self, tag: u64) -> Options {
        self.tag = tag;
        self
    }

    /// A checksum of the data that is not compressed.
    pub fn checksum(mut self, checksum: Checksum) -> Options {
        self.flags |= (checksum as u32) << 8;
        self
    }

    /// The checksum is of the compressed data.
    pub fn encoded(mut self) -> Options {
        self.flags |= sys::FLIPQ_REQ_CSUM_ENCODED;
        self
    }

    /// Look whether the input is one word repeated.
    pub fn detect_fill(mut self) -> Options {
        self.flags |= sys::FLIPQ_REQ_DETECT_FILL;
        self
    }
}

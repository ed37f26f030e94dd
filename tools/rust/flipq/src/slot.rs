// SPDX-License-Identifier: LGPL-2.1-or-later
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ptr::NonNull;
use std::slice;

use flipq_sys as sys;

use crate::config::Options;
use crate::error::{checked, Error, ErrorKind, Result, EIO};
use crate::Queue;

/// Where a request's input is.
#[derive(Debug)]
pub enum Source<'b> {
    /// So many bytes from the beginning of the slot's input buffer on.
    Slot(u32),
    /// An offset in the arena, and a length.
    Arena(u64, u32),
    /// Memory of the process, lent to the request.
    Memory(&'b [u8]),
}

/// Where a request's output goes.
#[derive(Debug)]
pub enum Target<'b> {
    /// The slot's output buffer.
    Slot,
    /// An offset in the arena, and the room there.
    Arena(u64, u32),
    /// Memory of the process, lent to the request.
    Memory(&'b mut [u8]),
}

/// A slot that was got: room for one request, which it becomes by one of the functions
/// that take it. Dropped, it is free again.
///
/// What was handed over is not there to be used, or handed over again:
///
/// ```compile_fail,E0382
/// # use flipq::{Options, Queue};
/// fn twice(queue: &Queue) -> flipq::Result<()> {
///     let slot = queue.get()?.unwrap();
///     slot.compress(4096, &Options::new())?;
///     slot.compress(4096, &Options::new())?;
///     Ok(())
/// }
/// ```
///
/// ```compile_fail,E0505
/// # use flipq::{Options, Queue};
/// fn late(queue: &Queue) -> flipq::Result<()> {
///     let mut slot = queue.get()?.unwrap();
///     let input = slot.input();
///     slot.compress(4096, &Options::new())?;
///     input[0] = 1;
///     Ok(())
/// }
/// ```
///
/// `'b` is how long memory lives that may be lent; a slot that lends for longer is no
/// slot that lends for less.
///
/// ```compile_fail
/// # use flipq::Slot;
/// fn shorter<'q, 'b>(slot: Slot<'q, 'static>) -> Slot<'q, 'b> {
///     slot
/// }
/// ```
pub struct Slot<'q, 'b> {
    queue: &'q Queue,
    index: i32,
    // neither shorter nor longer
    lends: PhantomData<Cell<&'b ()>>,
}

impl<'q, 'b> Slot<'q, 'b> {
    pub(crate) fn new(queue: &'q Queue, index: i32) -> Slot<'q, 'b> {
        Slot { queue, index, lends: PhantomData }
    }

    /// The input buffer; empty where slots have none.
    pub fn input(&mut self) -> &mut [u8] {
        // SAFETY: the queue is open, as it is borrowed.
        let start = unsafe { sys::flipq_input(self.queue.raw(), self.index) };
        match NonNull::new(start.cast::<u8>()) {
            // SAFETY: it has that size, is mapped as long as the queue is open, and is
            // touched by nobody before the request is handed over, which takes the slot.
            Some(start) => unsafe {
                slice::from_raw_parts_mut(start.as_ptr(), self.queue.in_size())
            },
            None => &mut [],
        }
    }

    /// Copy data to the beginning of the input buffer: EINVAL if it is too much.
    pub fn write(&mut self, data: &[u8]) -> Result<()> {
        self.input()
            .get_mut(..data.len())
            .map(|input| input.copy_from_slice(data))
            .ok_or_else(Error::invalid)
    }

    /// Compress so many bytes of the slot's input to its output, with the next
    /// [`submit`](Queue::submit).
    pub fn compress(self, len: usize, options: &Options) -> Result<InFlight<'q>> {
        self.compress_at(in_slot(len)?, Target::Slot, options)
    }

    /// Decompress so many bytes of the slot's input to its output.
    pub fn decompress(self, len: usize, options: &Options) -> Result<InFlight<'q>> {
        self.decompress_at(in_slot(len)?, Target::Slot, options)
    }

    /// Compress from one place to another.
    pub fn compress_at(
        self,
        source: Source<'b>,
        target: Target<'b>,
        options: &Options,
    ) -> Result<InFlight<'q>> {
        self.transcode(sys::flipq_prep_compress_at, source, target, options)
    }

    /// Decompress from one place to another.
    pub fn decompress_at(
        self,
        source: Source<'b>,
        target: Target<'b>,
        options: &Options,
    ) -> Result<InFlight<'q>> {
        self.transcode(sys::flipq_prep_decompress_at, source, target, options)
    }

    /// Copy from one place to another, where there is as much room. `tag` comes back.
    pub fn copy(self, source: Source<'b>, target: Target<'b>, tag: u64) -> Result<InFlight<'q>> {
        let places = Places::new(self.queue, source, target, None)?;
        if places.room < places.len {
            return Err(Error::invalid());
        }
        // SAFETY: as in transcode()
        let result = unsafe {
            sys::flipq_prep_copy(
                self.queue.raw(),
                self.index,
                places.src,
                places.dst,
                places.len,
                places.flags,
                tag,
            )
        };
        self.prepared(result, places.lent, places.in_slot)
    }

    /// Do nothing.
    pub fn nop(self, tag: u64) -> Result<InFlight<'q>> {
        // SAFETY: the queue is open, as it is borrowed.
        let result = unsafe { sys::flipq_prep_nop(self.queue.raw(), self.index, tag) };
        self.prepared(result, None, false)
    }

    fn transcode(
        self,
        prep: Prep,
        source: Source<'b>,
        target: Target<'b>,
        options: &Options,
    ) -> Result<InFlight<'q>> {
        let places = Places::new(self.queue, source, target, options.room)?;
        // SAFETY: the queue is open, as it is borrowed. Of memory that is lent the type
        // says that it lives until the request has been collected: for ever, or until
        // after the scope, at whose end nothing is in flight.
        let result = unsafe {
            prep(
                self.queue.raw(),
                self.index,
                options.codec,
                places.src,
                places.len,
                places.dst,
                places.room,
                options.flags | places.flags,
                options.tag,
            )
        };
        self.prepared(result, places.lent, places.in_slot)
    }

    /// A slot becomes a request, or is dropped.
    fn prepared(
        self,
        result: i32,
        lent: Option<(NonNull<u8>, usize)>,
        in_slot: bool,
    ) -> Result<InFlight<'q>> {
        checked(result)?;
        let (queue, slot) = (self.queue, self.index);
        mem::forget(self);
        queue.prepared.set(queue.prepared.get() + 1);
        let note = queue.note(slot);
        note.lent.set(lent);
        note.in_slot.set(in_slot);
        Ok(InFlight { queue, slot, generation: note.generation.get() })
    }
}

impl fmt::Debug for Slot<'_, '_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_tuple("Slot").field(&self.index).finish()
    }
}

impl Drop for Slot<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: the queue is open, as it is borrowed.
        unsafe { sys::flipq_put(self.queue.raw(), self.index) };
    }
}

type Prep = unsafe extern "C" fn(
    *mut sys::flipq,
    i32,
    u32,
    u64,
    u32,
    u64,
    u32,
    u32,
    u64,
) -> i32;

fn in_slot<'b>(len: usize) -> Result<Source<'b>> {
    u32::try_from(len).map(Source::Slot).map_err(|_| Error::invalid())
}

/// Source and target as the library takes them.
struct Places {
    flags: u32,
    src: u64,
    len: u32,
    dst: u64,
    room: u32,
    lent: Option<(NonNull<u8>, usize)>,
    in_slot: bool,
}

impl Places {
    fn new(
        queue: &Queue,
        source: Source<'_>,
        target: Target<'_>,
        room: Option<u32>,
    ) -> Result<Places> {
        let short = |len: usize| u32::try_from(len).map_err(|_| Error::invalid());
        let (src_flag, src, len) = match source {
            Source::Slot(len) => (sys::FLIPQ_REQ_SRC_SLOT, 0, len),
            Source::Arena(offset, len) => (sys::FLIPQ_REQ_SRC_ARENA, offset, len),
            Source::Memory(data) => {
                (sys::FLIPQ_REQ_SRC_USER, data.as_ptr() as u64, short(data.len())?)
            }
        };
        let in_slot = matches!(target, Target::Slot);
        let (dst_flag, dst, there, lent) = match target {
            Target::Slot => (sys::FLIPQ_REQ_DST_SLOT, 0, short(queue.out_size())?, None),
            Target::Arena(offset, room) => (sys::FLIPQ_REQ_DST_ARENA, offset, room, None),
            Target::Memory(data) => {
                let size = data.len();
                let start = NonNull::from(data).cast::<u8>();
                let address = start.as_ptr() as u64;
                (sys::FLIPQ_REQ_DST_USER, address, short(size)?, Some((start, size)))
            }
        };
        let room = room.unwrap_or(there);
        if room > there {
            return Err(Error::invalid());
        }
        Ok(Places { flags: src_flag | dst_flag, src, len, dst, room, lent, in_slot })
    }
}

/// A request that was described, and is handed over with the next
/// [`submit`](Queue::submit). Its slot comes back as a [`Done`]; this needs not be kept.
#[derive(Clone, Copy)]
pub struct InFlight<'q> {
    queue: &'q Queue,
    slot: i32,
    generation: u64,
}

impl InFlight<'_> {
    /// Take the request back, if it was handed over and has not started: then it
    /// finishes with ECANCELED, and this is true.
    pub fn cancel(&self) -> Result<bool> {
        if self.queue.note(self.slot).generation.get() != self.generation {
            return Ok(false);
        }
        // SAFETY: the queue is open, as it is borrowed.
        let cancelled = unsafe { sys::flipq_cancel(self.queue.raw(), self.slot) };
        Ok(checked(cancelled)? != 0)
    }
}

impl fmt::Debug for InFlight<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_tuple("InFlight").field(&self.slot).finish()
    }
}

/// A request that has finished. Its slot is free again when this is dropped, and so the
/// output stays no longer:
///
/// ```compile_fail,E0505
/// # use flipq::Queue;
/// fn after(queue: &Queue) {
///     let done = queue.peek().unwrap();
///     let output = done.output();
///     drop(done);
///     println!("{}", output[0]);
/// }
/// ```
pub struct Done<'q> {
    queue: &'q Queue,
    event: sys::flipq_event,
}

impl<'q> Done<'q> {
    pub(crate) fn new(queue: &'q Queue, event: sys::flipq_event) -> Done<'q> {
        Done { queue, event }
    }

    /// The number that the request was given.
    pub fn tag(&self) -> u64 {
        self.event.user_data
    }

    /// An error if the request was not done.
    pub fn check(&self) -> Result<()> {
        match self.event.status {
            0 => Ok(()),
            status => Err(Error::new(ErrorKind::Request, status)),
        }
    }

    /// Bytes of output.
    pub fn len(&self) -> usize {
        self.event.len as usize
    }

    /// There is no output: an error, or input that is filled or did not shrink.
    pub fn is_empty(&self) -> bool {
        self.event.len == 0
    }

    /// The word that the input repeats.
    pub fn filled(&self) -> Option<u64> {
        (self.event.flags & sys::FLIPQ_RES_FILLED != 0).then_some(self.event.value)
    }

    /// The input did not shrink, and there is no output: store it as it is.
    pub fn is_incompressible(&self) -> bool {
        self.event.flags & sys::FLIPQ_RES_INCOMPRESSIBLE != 0
    }

    /// The checksum that was asked for.
    pub fn checksum(&self) -> u64 {
        self.event.csum
    }

    /// The output in the slot; empty where it went elsewhere.
    pub fn output(&self) -> &[u8] {
        if !self.queue.note(self.event.slot).in_slot.get() || self.is_empty() {
            return &[];
        }
        // SAFETY: the queue is open, as it is borrowed.
        let start = unsafe { sys::flipq_output(self.queue.raw(), self.event.slot) };
        match NonNull::new(start.cast::<u8>() as *mut u8) {
            // SAFETY: no more than a slot's output buffer has is ever reported, which is
            // mapped as long as the queue is open, and is written to by nobody before the
            // slot is given back.
            Some(start) => unsafe {
                slice::from_raw_parts(start.as_ptr(), self.len().min(self.queue.out_size()))
            },
            None => &[],
        }
    }

    /// The memory that was lent for the output, as far as it was written: once.
    pub fn take_memory(&mut self) -> Option<&'q mut [u8]> {
        let (start, size) = self.queue.note(self.event.slot).lent.take()?;
        // SAFETY: it was lent for at least as long as anything in flight may borrow the
        // queue, the request has finished, and nobody else gets it.
        Some(unsafe { slice::from_raw_parts_mut(start.as_ptr(), self.len().min(size)) })
    }
}

impl fmt::Debug for Done<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Done")
            .field("slot", &self.event.slot)
            .field("tag", &self.tag())
            .field("result", &self.check())
            .field("len", &self.len())
            .finish()
    }
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        let note = self.queue.note(self.event.slot);
        note.generation.set(note.generation.get() + 1);
        note.lent.set(None);
        // SAFETY: the queue is open, as it is borrowed.
        unsafe { sys::flipq_seen(self.queue.raw(), self.event.slot) };
    }
}

/// Whether a queue is another process's, where nothing is in flight.
pub(crate) fn is_inherited(error: &Error) -> bool {
    error.errno() == EIO
}

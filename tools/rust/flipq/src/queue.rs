// SPDX-License-Identifier: LGPL-2.1-or-later
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of;
use std::os::unix::io::RawFd;
use std::ptr::{self, NonNull};
use std::slice;
use std::time::{Duration, Instant};

use flipq_sys as sys;

use crate::error::{checked, Error, ErrorKind, Result, EAGAIN, EBUSY, EINTR};
use crate::scope::{End, Scope};
use crate::slot::{Done, Slot};

/// For a wait: half of the requests in flight, rounded up.
pub const HALF: u32 = 0;
/// For a wait: all of them.
pub const ALL: u32 = u32::MAX;

/// What a queue keeps of each slot.
#[derive(Default)]
pub(crate) struct Note {
    /// How often the slot was used up: of which use a token is.
    pub(crate) generation: Cell<u64>,
    /// Memory that was lent for the output.
    pub(crate) lent: Cell<Option<(NonNull<u8>, usize)>>,
    /// The output is in the slot.
    pub(crate) in_slot: Cell<bool>,
}

/// A queue into the kernel's compressors, opened by [`Config::open`](crate::Config).
///
/// One thread at a time uses it: it can be sent to another, and not be shared.
///
/// ```compile_fail,E0277
/// fn shared(queue: &flipq::Queue) {
///     std::thread::scope(|threads| {
///         threads.spawn(|| queue.submit());
///     });
/// }
/// ```
///
/// It stays as long as something is left of it.
///
/// ```compile_fail,E0505
/// fn closed(queue: flipq::Queue) -> flipq::Result<()> {
///     let slot = queue.get()?;
///     drop(queue);
///     drop(slot);
///     Ok(())
/// }
/// ```
///
/// It is of no use in a child of `fork()`, which is unsafe in Rust: there its calls fail
/// with EIO, and references to its buffers lead to what is not there any more.
pub struct Queue {
    raw: NonNull<sys::flipq>,
    pool: Cell<Option<NonNull<sys::flipq_pool>>>,
    in_size: u32,
    out_size: u32,
    pub(crate) prepared: Cell<u32>,
    notes: Box<[Note]>,
    // one thread at a time
    not_shared: PhantomData<*mut ()>,
}

// SAFETY: the library keeps nothing of the thread that opened it.
unsafe impl Send for Queue {}

impl Queue {
    /// # Safety
    ///
    /// The queue is open, has slots with buffers of these sizes, and is nobody else's.
    pub(crate) unsafe fn new(raw: NonNull<sys::flipq>, in_size: u32, out_size: u32) -> Queue {
        // SAFETY: the caller says that it is open.
        let slots = unsafe {
            sys::flipq_slots(raw.as_ptr()) * sys::flipq_partitions(raw.as_ptr())
        };
        Queue {
            raw,
            pool: Cell::new(None),
            in_size,
            out_size,
            prepared: Cell::new(0),
            notes: (0..slots).map(|_| Note::default()).collect(),
            not_shared: PhantomData,
        }
    }

    /// For the library's functions.
    pub(crate) fn raw(&self) -> *mut sys::flipq {
        self.raw.as_ptr()
    }

    pub(crate) fn note(&self, slot: i32) -> &Note {
        &self.notes[slot as usize]
    }

    /// Bytes of a slot's input buffer.
    pub fn in_size(&self) -> usize {
        self.in_size as usize
    }

    /// Bytes of a slot's output buffer.
    pub fn out_size(&self) -> usize {
        self.out_size as usize
    }

    /// Slots of each partition.
    pub fn slots(&self) -> u32 {
        // SAFETY: the queue is open, here and below, until it is dropped.
        unsafe { sys::flipq_slots(self.raw()) }
    }

    /// All partitions.
    pub fn partitions(&self) -> u32 {
        // SAFETY: as above
        unsafe { sys::flipq_partitions(self.raw()) }
    }

    /// How many of these, at their end, threads of the process serve.
    pub fn owner_partitions(&self) -> u32 {
        // SAFETY: as above
        unsafe { sys::flipq_owner_partitions(self.raw()) }
    }

    /// There is no device: threads of the process serve it.
    pub fn is_in_process(&self) -> bool {
        // SAFETY: as above
        unsafe { sys::flipq_in_process(self.raw()) != 0 }
    }

    /// For poll(): readable while there is a result that was not given back. It is the
    /// queue's and to be neither read nor closed.
    pub fn poll_fd(&self) -> Result<RawFd> {
        // SAFETY: as above
        let fd = unsafe { sys::flipq_fd(self.raw()) };
        checked(fd).map(|_| fd)
    }

    /// A free slot, of a shared worker's partition if there are any. `None` if there is
    /// no free one.
    pub fn get(&self) -> Result<Option<Slot<'_, 'static>>> {
        // SAFETY: as above
        self.got(unsafe { sys::flipq_get(self.raw()) })
    }

    /// A free slot of an owner-served partition.
    pub fn get_owner(&self) -> Result<Option<Slot<'_, 'static>>> {
        // SAFETY: as above
        self.got(unsafe { sys::flipq_get_owner(self.raw()) })
    }

    /// A free slot of that partition.
    pub fn get_in(&self, partition: u32) -> Result<Option<Slot<'_, 'static>>> {
        // SAFETY: as above
        self.got(unsafe { sys::flipq_get_in(self.raw(), partition) })
    }

    pub(crate) fn got<'b>(&self, slot: i32) -> Result<Option<Slot<'_, 'b>>> {
        if slot == -EAGAIN {
            return Ok(None);
        }
        checked(slot)?;
        Ok(Some(Slot::new(self, slot)))
    }

    /// Hand over all requests that were described, and say how many these were. After an
    /// error, too, they are handed over: what failed is to wake who serves them, and the
    /// next call tries again.
    pub fn submit(&self) -> Result<u32> {
        self.prepared.set(0);
        // SAFETY: as above. What was prepared has its buffers until it is collected.
        checked(unsafe { sys::flipq_submit(self.raw()) })
    }

    /// Sleep until so many of the requests in flight have finished, or [`HALF`] or
    /// [`ALL`] of them, and say how many have. Without a `timeout` there is no limit.
    pub fn wait(&self, minimum: u32, timeout: Option<Duration>) -> Result<u32> {
        // SAFETY: as above
        checked(unsafe { sys::flipq_wait(self.raw(), minimum, nanoseconds(timeout)) })
    }

    /// The same until a point in time. It goes on after handlers of signals.
    pub fn wait_until(&self, minimum: u32, deadline: Instant) -> Result<u32> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.wait(minimum, Some(left)) {
                Err(error) if error.is_interrupted() => continue,
                result => return result,
            }
        }
    }

    /// [`submit`](Self::submit), then [`wait`](Self::wait), in one system call or none.
    pub fn submit_and_wait(&self, minimum: u32, timeout: Option<Duration>) -> Result<u32> {
        self.prepared.set(0);
        // SAFETY: as for submit()
        checked(unsafe {
            sys::flipq_submit_and_wait(self.raw(), minimum, nanoseconds(timeout))
        })
    }

    /// A request that has finished and was not reported yet.
    pub fn peek(&self) -> Option<Done<'_>> {
        let mut event = sys::flipq_event::default();
        // SAFETY: as above, and an event has this size.
        let there = unsafe {
            sys::flipq_peek_sized(self.raw(), &mut event, size_of::<sys::flipq_event>())
        };
        (there != 0).then(|| Done::new(self, event))
    }

    /// All that have finished.
    pub fn completions(&self) -> impl Iterator<Item = Done<'_>> {
        std::iter::from_fn(move || self.peek())
    }

    /// How many were submitted and not reported yet.
    pub fn in_flight(&self) -> u32 {
        // SAFETY: as above
        unsafe { sys::flipq_in_flight(self.raw()) }
    }

    /// Take back what has not started, and say how much that is. It finishes all the
    /// same, with ECANCELED.
    pub fn cancel_all(&self) -> Result<u32> {
        // SAFETY: as above
        checked(unsafe { sys::flipq_cancel_all(self.raw()) })
    }

    /// As if the queue had just been opened: cancel, wait for what had started, drop all
    /// results. Nothing of the queue may be left for that.
    ///
    /// ```compile_fail,E0502
    /// fn aborted(queue: &mut flipq::Queue) {
    ///     let done = queue.peek();
    ///     queue.abort();
    ///     drop(done);
    /// }
    /// ```
    pub fn abort(&mut self) -> Result<u32> {
        self.end()
    }

    /// abort(), for who knows that nobody has a slot or a result.
    pub(crate) fn end(&self) -> Result<u32> {
        loop {
            // SAFETY: as above
            let result = unsafe { sys::flipq_abort(self.raw()) };
            if result == -EINTR {
                continue;
            }
            let cancelled = checked(result)?;
            self.prepared.set(0);
            for note in self.notes.iter() {
                note.lent.set(None);
            }
            return Ok(cancelled);
        }
    }

    /// Lend memory of the process's to requests, for as long as `f` runs.
    ///
    /// Slots of the [`Scope`] take buffers that are not in the queue, which are read and
    /// written where they are. What is in flight when `f` returns, or panics, is taken
    /// back or waited for, and its results are dropped; so no request is left that has
    /// such a buffer.
    ///
    /// ```
    /// # fn main() -> flipq::Result<()> {
    /// use flipq::{Algorithm, Codec, Config, Options, Source, Target, ALL, IN_PROCESS};
    ///
    /// let mut queue = Config::new()
    ///     .device(IN_PROCESS)
    ///     .codec(Codec::new(Algorithm::Zstd))
    ///     .open()?;
    /// let page = [7; 4096];
    /// let mut room = [0; 4096];
    /// let length = queue.scope(|scope| -> flipq::Result<usize> {
    ///     let slot = scope.get()?.expect("all slots are free");
    ///     slot.compress_at(Source::Memory(&page), Target::Memory(&mut room),
    ///                      &Options::new())?;
    ///     scope.submit_and_wait(ALL, None)?;
    ///     let done = scope.peek().expect("it has finished");
    ///     done.check()?;
    ///     Ok(done.len())
    /// })?;
    /// assert!(length < 100 && room[0] != 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A buffer has to outlive the scope.
    ///
    /// ```compile_fail,E0597
    /// # use flipq::{Options, Queue, Source, Target};
    /// fn short(queue: &mut Queue) -> flipq::Result<()> {
    ///     queue.scope(|scope| -> flipq::Result<()> {
    ///         let page = [7; 4096];
    ///         let slot = scope.get()?.unwrap();
    ///         slot.compress_at(Source::Memory(&page), Target::Slot, &Options::new())?;
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// What is written to is not for anybody else meanwhile.
    ///
    /// ```compile_fail,E0502
    /// # use flipq::{Options, Queue, Source, Target};
    /// fn read(queue: &mut Queue, page: &[u8], room: &mut [u8]) -> flipq::Result<()> {
    ///     queue.scope(|scope| -> flipq::Result<()> {
    ///         let slot = scope.get()?.unwrap();
    ///         slot.compress_at(Source::Memory(page), Target::Memory(room),
    ///                          &Options::new())?;
    ///         println!("{}", room[0]);
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// Slots that are not of a scope take only what is never freed.
    ///
    /// ```compile_fail
    /// # use flipq::{Options, Queue, Source, Target};
    /// fn outside(queue: &Queue, page: &[u8]) -> flipq::Result<()> {
    ///     let slot = queue.get()?.unwrap();
    ///     slot.compress_at(Source::Memory(page), Target::Slot, &Options::new())?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// And nothing of the scope is left after it.
    ///
    /// ```compile_fail
    /// # use flipq::{Queue, Slot};
    /// fn after(queue: &mut Queue) {
    ///     let mut kept = None;
    ///     queue.scope(|scope| {
    ///         kept = scope.get().unwrap();
    ///     });
    /// }
    /// ```
    pub fn scope<'env, F, R>(&mut self, f: F) -> R
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    {
        let queue: &Queue = self;
        let _end = End(queue);
        f(&Scope::new(queue))
    }

    /// The arena, while no request is described or in flight, as these may read and
    /// write it; EBUSY else. It is empty where there is none.
    ///
    /// ```compile_fail,E0502
    /// fn shared(queue: &mut flipq::Queue) -> flipq::Result<()> {
    ///     let arena = queue.arena()?;
    ///     queue.submit()?;
    ///     arena[0] = 1;
    ///     Ok(())
    /// }
    /// ```
    pub fn arena(&mut self) -> Result<&mut [u8]> {
        if self.prepared.get() != 0 || self.in_flight() != 0 {
            return Err(Error::new(ErrorKind::Call, -EBUSY));
        }
        let start = self.arena_ptr();
        if start.is_null() {
            return Ok(&mut []);
        }
        // SAFETY: it is mapped as long as the queue is open, starts with zeros, and is
        // touched by nobody but requests, of which there is none as long as the queue
        // is borrowed.
        Ok(unsafe { slice::from_raw_parts_mut(start, self.arena_size()) })
    }

    /// Where the arena is, for who knows which requests use what of it; NULL where there
    /// is none.
    pub fn arena_ptr(&self) -> *mut u8 {
        // SAFETY: as above
        unsafe { sys::flipq_arena(self.raw()) }.cast()
    }

    /// Bytes of the arena.
    pub fn arena_size(&self) -> usize {
        // SAFETY: as above
        unsafe { sys::flipq_arena_size(self.raw()) as usize }
    }

    /// For threads that serve owner-served partitions.
    ///
    /// ```
    /// # fn main() -> flipq::Result<()> {
    /// # use flipq::*;
    /// # let queue = Config::new().device(IN_PROCESS).owner_partitions(1).open()?;
    /// let server = queue.server();
    /// std::thread::scope(|threads| -> flipq::Result<()> {
    ///     threads.spawn(move || server.serve(0, 1, None));
    ///     queue.get()?.expect("all slots are free").nop(0)?;
    ///     queue.submit_and_wait(ALL, None)?;
    ///     Ok(())
    /// })
    /// # }
    /// ```
    pub fn server(&self) -> Server<'_> {
        Server { raw: self.raw, queue: PhantomData }
    }

    /// Have a pool of threads serve the owner-served partitions, from now on until
    /// [`stop_pool`](Self::stop_pool) or the end of the queue: so many at least, and at
    /// most (0 for one for each partition), each until it had no work for `idle`.
    pub fn start_pool(&self, min: u32, max: u32, idle: Option<Duration>) -> Result<()> {
        let config = sys::flipq_pool_config { min, max, idle_ns: nanoseconds(idle) };
        let size = size_of::<sys::flipq_pool_config>();
        let mut pool = ptr::null_mut();
        if let Some(pool) = self.pool.get() {
            // SAFETY: the pool is open as long as it is noted.
            checked(unsafe { sys::flipq_pool_set_sized(pool.as_ptr(), &config, size) })?;
            return Ok(());
        }
        // SAFETY: as above, and the pool is closed before the queue.
        checked(unsafe { sys::flipq_pool_open_sized(&mut pool, self.raw(), &config, size) })?;
        self.pool.set(NonNull::new(pool));
        Ok(())
    }

    /// End the pool's threads after the requests that they are doing.
    pub fn stop_pool(&self) {
        if let Some(pool) = self.pool.take() {
            // SAFETY: it was open, and is not noted any more.
            unsafe { sys::flipq_pool_close(pool.as_ptr()) };
        }
    }

    /// The pool's counters, if there is one.
    pub fn pool_state(&self) -> Option<sys::flipq_pool_state> {
        let mut state = sys::flipq_pool_state::default();
        let pool = self.pool.get()?;
        // SAFETY: the pool is open as long as it is noted.
        unsafe {
            sys::flipq_pool_state_sized(
                pool.as_ptr(),
                &mut state,
                size_of::<sys::flipq_pool_state>(),
            );
        }
        Some(state)
    }

    /// Copy the pages of the arena whose bits are set, and clear the bits: `src`, `dst`
    /// and `bitmap` are offsets, `count` pages are looked at. How many were copied is
    /// returned.
    pub fn flush_arena(
        &mut self,
        src: u64,
        dst: u64,
        bitmap: u64,
        count: u64,
        page_size: u32,
    ) -> Result<u64> {
        let mut flush = sys::flipq_flush {
            src,
            dst,
            bitmap,
            count,
            page_size,
            where_: sys::FLIPQ_IN_ARENA,
            ..Default::default()
        };
        self.flush(&mut flush)
    }

    /// The same with memory of the process, on owner-served partitions.
    pub fn flush_memory(
        &mut self,
        src: &[u8],
        dst: &mut [u8],
        bitmap: &mut [u64],
        page_size: u32,
    ) -> Result<u64> {
        let pages = (src.len().min(dst.len()) / (page_size.max(1) as usize))
            .min(bitmap.len().saturating_mul(64));
        let mut flush = sys::flipq_flush {
            src: src.as_ptr() as u64,
            dst: dst.as_mut_ptr() as u64,
            bitmap: bitmap.as_mut_ptr() as u64,
            count: pages as u64,
            page_size,
            where_: sys::FLIPQ_IN_USER,
            ..Default::default()
        };
        self.flush(&mut flush)
    }

    fn flush(&mut self, flush: &mut sys::flipq_flush) -> Result<u64> {
        let before = self.in_flight();
        // SAFETY: as above. What is to be copied is in bounds, or of the arena.
        let result = checked(unsafe {
            sys::flipq_flush_sized(self.raw(), flush, size_of::<sys::flipq_flush>())
        });
        if result.is_err() && self.in_flight() > before {
            // not even taking back worked, and memory must not be left to it
            drop(End(self));
        }
        result.map(|_| flush.pages)
    }

    /// The server's counters, of the queue or of one of its partitions.
    pub fn counters(&self, partition: Option<u32>) -> Result<sys::flipq_counters> {
        let mut stats = sys::flipq_stats::default();
        let of = match partition {
            Some(_) => sys::FLIPQ_STATS_PARTITION,
            None => sys::FLIPQ_STATS_QUEUE,
        };
        // SAFETY: as above, and the struct has this size.
        checked(unsafe {
            sys::flipq_stats_sized(
                self.raw(),
                of,
                partition.unwrap_or(0),
                &mut stats,
                size_of::<sys::flipq_stats>(),
            )
        })?;
        Ok(stats.counters)
    }

    /// The library's counters.
    pub fn usage(&self) -> sys::flipq_usage {
        let mut usage = sys::flipq_usage::default();
        // SAFETY: as above, and the struct has this size.
        unsafe {
            sys::flipq_usage_sized(self.raw(), &mut usage, size_of::<sys::flipq_usage>());
        }
        usage
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Queue")
            .field("in_process", &self.is_in_process())
            .field("partitions", &self.partitions())
            .field("slots", &self.slots())
            .field("in_flight", &self.in_flight())
            .finish()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.stop_pool();
        // SAFETY: nothing borrows the queue, and nobody uses it from here on.
        unsafe { sys::flipq_close(self.raw()) };
    }
}

/// What threads serve owner-served partitions with, while another one uses the queue.
#[derive(Clone, Copy, Debug)]
pub struct Server<'q> {
    raw: NonNull<sys::flipq>,
    queue: PhantomData<&'q Queue>,
}

// SAFETY: flipq_serve() is for any thread at any time, as long as the queue is there.
unsafe impl Send for Server<'_> {}
// SAFETY: the same
unsafe impl Sync for Server<'_> {}

impl Server<'_> {
    /// Do the requests of a partition in this thread, until there were so many (0 for no
    /// limit) or none for `idle` (`None`: without end). How many were done is returned.
    pub fn serve(&self, partition: u32, requests: u32, idle: Option<Duration>) -> Result<u32> {
        // SAFETY: the queue is open, as it is borrowed.
        checked(unsafe {
            sys::flipq_serve(self.raw.as_ptr(), partition, requests, nanoseconds(idle))
        })
    }
}

fn nanoseconds(time: Option<Duration>) -> u64 {
    time.map_or(sys::FLIPQ_TIMEOUT_NONE, |time| {
        u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(u64::MAX - 1)
    })
}

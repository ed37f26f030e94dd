// SPDX-License-Identifier: LGPL-2.1-or-later
use std::marker::PhantomData;
use std::ops::Deref;
use std::process;

use flipq_sys as sys;

use crate::error::Result;
use crate::slot::{is_inherited, Slot};
use crate::Queue;

/// A queue whose slots take memory that outlives [`Queue::scope`]. It is a queue in all
/// else.
#[derive(Debug)]
pub struct Scope<'scope, 'env: 'scope> {
    queue: &'scope Queue,
    // as in std::thread::scope(): neither shorter nor longer
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl<'scope, 'env> Scope<'scope, 'env> {
    pub(crate) fn new(queue: &'scope Queue) -> Scope<'scope, 'env> {
        Scope { queue, scope: PhantomData, env: PhantomData }
    }

    /// As [`Queue::get`].
    pub fn get(&'scope self) -> Result<Option<Slot<'scope, 'scope>>> {
        // SAFETY: the queue is open, as it is borrowed.
        self.queue.got(unsafe { sys::flipq_get(self.queue.raw()) })
    }

    /// As [`Queue::get_owner`].
    pub fn get_owner(&'scope self) -> Result<Option<Slot<'scope, 'scope>>> {
        // SAFETY: the same
        self.queue.got(unsafe { sys::flipq_get_owner(self.queue.raw()) })
    }

    /// As [`Queue::get_in`].
    pub fn get_in(&'scope self, partition: u32) -> Result<Option<Slot<'scope, 'scope>>> {
        // SAFETY: the same
        self.queue.got(unsafe { sys::flipq_get_in(self.queue.raw(), partition) })
    }
}

impl Deref for Scope<'_, '_> {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        self.queue
    }
}

/// The end of a scope, however that comes: nobody has anything that was lent.
pub(crate) struct End<'q>(pub(crate) &'q Queue);

impl Drop for End<'_> {
    fn drop(&mut self) {
        match self.0.end() {
            Ok(_) => (),
            Err(error) if is_inherited(&error) => (),
            // else memory would be written to that is somebody else's by then
            Err(error) => {
                eprintln!("flipq: cannot take back what was lent: {error}");
                process::abort();
            }
        }
    }
}

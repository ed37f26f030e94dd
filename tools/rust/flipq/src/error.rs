// SPDX-License-Identifier: LGPL-2.1-or-later
use std::ffi::CStr;
use std::fmt;
use std::io;

use flipq_sys as sys;

pub(crate) const EINTR: i32 = 4;
pub(crate) const EIO: i32 = 5;
pub(crate) const EAGAIN: i32 = 11;
pub(crate) const EBUSY: i32 = 16;
pub(crate) const EINVAL: i32 = 22;
const ETIME: i32 = 62;

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A queue could not be opened, or a device not be asked.
    Open,
    /// A request was not done.
    Request,
    /// Any other call.
    Call,
}

/// An errno, and the library's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    errno: i32,
}

/// What may fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Of what the library returned.
    pub(crate) fn new(kind: ErrorKind, result: i32) -> Error {
        Error { kind, errno: -result }
    }

    /// Of a number that is not for C, or that one of its functions would refuse.
    pub(crate) fn invalid() -> Error {
        Error::new(ErrorKind::Call, -EINVAL)
    }

    /// What failed.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The errno, which libflipq(3) and flipq(4) say more about.
    pub fn errno(&self) -> i32 {
        self.errno
    }

    /// The time was up before enough had finished.
    pub fn is_timeout(&self) -> bool {
        self.errno == ETIME
    }

    /// The handler of a signal ran, and the wait may be called again.
    pub fn is_interrupted(&self) -> bool {
        self.errno == EINTR
    }

    fn words(&self) -> Option<&'static str> {
        // SAFETY: both return a string that stays, whatever the number.
        let text = unsafe {
            match self.kind {
                ErrorKind::Request => sys::flipq_request_error(-self.errno),
                // whose queue it is has words of the library's own
                ErrorKind::Call if self.errno != EIO => return None,
                _ => sys::flipq_open_error(-self.errno),
            }
        };
        // SAFETY: it ends with a NUL.
        unsafe { CStr::from_ptr(text.cast()) }.to_str().ok()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words() {
            Some(words) => to.write_str(words),
            None => io::Error::from_raw_os_error(self.errno).fmt(to),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        io::Error::new(io::Error::from_raw_os_error(error.errno).kind(), error)
    }
}

/// The result of a call that did not fail.
pub(crate) fn checked(result: i32) -> Result<u32> {
    u32::try_from(result).map_err(|_| Error::new(ErrorKind::Call, result))
}

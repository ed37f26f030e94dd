// SPDX-License-Identifier: LGPL-2.1-or-later
use std::ffi::{CString, OsStr};
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use flipq_sys as sys;

use crate::error::{Error, ErrorKind, Result, EINVAL};

const ENOENT: i32 = 2;

fn with_device<R>(
    device: Option<&OsStr>,
    ask: impl FnOnce(*const u8) -> std::result::Result<R, i32>,
) -> Result<R> {
    let failed = |result| Error::new(ErrorKind::Open, result);
    let path = match device.map(|path| CString::new(path.as_bytes())) {
        Some(Err(_)) => return Err(failed(-EINVAL)),
        Some(Ok(path)) => Some(path),
        None => None,
    };
    ask(path.as_ref().map_or(ptr::null(), |path| path.as_ptr().cast())).map_err(failed)
}

/// What a device offers; the usual one without a path.
pub fn info(device: Option<&OsStr>) -> Result<sys::flipq_info> {
    with_device(device, |path| {
        let mut info = sys::flipq_info::default();
        // SAFETY: the path ends with a NUL, or is NULL; the struct has this size.
        let result = unsafe {
            sys::flipq_query_info_sized(path, &mut info, size_of::<sys::flipq_info>())
        };
        (result >= 0).then_some(info).ok_or(result)
    })
}

/// A codec that a device has, at the size of slots that was asked about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CodecInfo {
    /// As the tool has it.
    pub name: String,
    /// What [`Algorithm`](crate::Algorithm) is as a number.
    pub algorithm: u32,
    /// Some kernels only decompress LZO.
    pub compresses: bool,
    /// Lowest and highest level, and what level 0 stands for.
    pub min_level: i32,
    /// See above.
    pub max_level: i32,
    /// See above.
    pub default_level: i32,
    /// Highest that shared workers take; below the lowest where none.
    pub shared_level: i32,
    /// The same of owner-served partitions, with [`Codec::owner`](crate::Codec::owner).
    pub owner_level: i32,
}

/// All codecs of a device, for slots of that size (0 for 64 KiB).
pub fn codecs(device: Option<&OsStr>, slot_size: u32) -> Result<Vec<CodecInfo>> {
    with_device(device, |path| {
        let mut found = Vec::new();
        for index in 0.. {
            let mut codec = sys::flipq_codec_info::default();
            // SAFETY: as above
            let result = unsafe {
                sys::flipq_query_codec_sized(
                    path,
                    index,
                    slot_size,
                    &mut codec,
                    size_of::<sys::flipq_codec_info>(),
                )
            };
            // no device is this error, too, but there is a first codec
            if result == -ENOENT && index > 0 {
                break;
            }
            if result < 0 {
                return Err(result);
            }
            let name = codec.name.split(|&byte| byte == 0).next().unwrap_or(&[]);
            found.push(CodecInfo {
                name: String::from_utf8_lossy(name).into_owned(),
                algorithm: codec.algorithm,
                compresses: codec.caps & sys::FLIPQ_CODEC_CAP_COMPRESS != 0,
                min_level: codec.min_level,
                max_level: codec.max_level,
                default_level: codec.default_level,
                shared_level: codec.shared_level,
                owner_level: codec.owner_level,
            });
        }
        Ok(found)
    })
}

//! Frames on the pipe: four bytes of length (big endian), then that many bytes of JSON.

use std::io::{self, Read, Write};

/// Longest frame, in bytes; more is a broken peer.
pub const MAX_FRAME: usize = 16 * 1024 * 1024;

/// The header of a frame of `len` bytes.
pub fn header(len: usize) -> io::Result<[u8; 4]> {
    let fits = u32::try_from(len).ok().filter(|_| len <= MAX_FRAME);
    fits.map(u32::to_be_bytes).ok_or_else(|| io::Error::other("a frame is too long"))
}

/// The length in a header.
pub fn length(header: [u8; 4]) -> io::Result<usize> {
    let len = u32::from_be_bytes(header) as usize;
    if len <= MAX_FRAME { Ok(len) } else { Err(io::Error::other("a frame is too long")) }
}

/// Reads one frame; none at the end of the input.
pub fn read(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    match input.read_exact(&mut head) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut body = vec![0; length(head)?];
    input.read_exact(&mut body)?;
    Ok(Some(body))
}

/// Writes one frame.
pub fn write(output: &mut impl Write, body: &[u8]) -> io::Result<()> {
    output.write_all(&header(body.len())?)?;
    output.write_all(body)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_a_lie_about_its_length_is_an_error() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"{}").unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(read(&mut input).unwrap().as_deref(), Some(&b"{}"[..]));
        assert_eq!(read(&mut input).unwrap(), None);
        assert!(read(&mut &[0xff, 0xff, 0xff, 0xff][..]).is_err());
        assert!(read(&mut &[0, 0, 0, 9, 1][..]).is_err());
    }
}

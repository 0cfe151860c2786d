"""The orientation of a picture: the Exif tag that cameras write instead of turning the pixels."""

from PIL import ExifTags, Image

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that turns a picture upright, by the tag (Exif 2.32, section 4.6.4); 1 and no tag mean upright."""

_FIRST_SEGMENTS = {*range(0xFFE0, 0xFFF0), 0xFFFE}  # application segments, such as Exif, and comments
_EXIF = b"Exif\0\0"


def of_jpeg(data: bytes) -> Image.Transpose | None:
    """Read from a JPEG how to turn it; None if it is upright, or its tag is missing or damaged."""
    place = 2
    while int.from_bytes(data[place : place + 2], "big") in _FIRST_SEGMENTS:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if data.startswith(_EXIF, place + 4):
            exif = Image.Exif()
            try:
                exif.load(data[place + 4 : end])
            except Exception:  # any error of Pillow at a damaged table; the picture itself is not affected
                return None
            return _turn(exif)
        place = end
    return None


def of_image(image: Image.Image) -> Image.Transpose | None:
    """Read from an image loaded by Pillow how to turn it; Pillow itself turns TIFF and removes the tag."""
    try:
        return _turn(image.getexif())
    except Exception:  # as above
        return None


def _turn(exif: Image.Exif) -> Image.Transpose | None:
    value = exif.get(ExifTags.Base.Orientation)
    return TURNS.get(value) if isinstance(value, int) else None

import struct
import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from resgrad.common.vision import torchvision
from resgrad.preprocess import images
from resgrad.preprocess.depth import to_eight_bits
from resgrad.preprocess.images import ImageError, decode, from_pixels, probe_header, resize
from resgrad.preprocess.tiff import claims_too_much

RAMP = np.add.outer(np.linspace(20, 150, 96), np.linspace(0, 80, 128))
PHOTO = np.uint8(np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=2))


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def photo(kind: str = "PNG", **options) -> bytes:
    return encode(Image.fromarray(PHOTO), kind, **options)


def block_means(pixels: np.ndarray, rows: int, columns: int) -> np.ndarray:
    height, width, channels = pixels.shape
    blocks = pixels.reshape(rows, height // rows, columns, width // columns, channels)
    return blocks.mean(axis=(1, 3)).transpose(2, 0, 1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_stretched_to_the_square(kind):
    decoded = decode(photo(kind), 32, "rgb")
    assert decoded.shape == (3, 32, 32)
    assert decoded.dtype == np.uint8
    # Away from the border, means over blocks of 3 x 4 pixels.
    difference = decoded.astype(float) - block_means(PHOTO, 32, 32)
    assert np.abs(difference[:, 1:-1, 1:-1]).mean() < 1.5


def test_a_png_is_resized_as_torchvision_does():
    expected = torchvision.transforms.Resize((40, 40))(Image.fromarray(PHOTO))
    assert np.array_equal(decode(photo(), 40, "rgb"), np.asarray(expected).transpose(2, 0, 1))


def test_a_jpeg_is_close_to_what_torchvision_does():
    data = photo("JPEG", quality=95)
    expected = np.asarray(torchvision.transforms.Resize((40, 40))(Image.open(BytesIO(data)))).transpose(2, 0, 1)
    assert np.abs(decode(data, 40, "rgb").astype(int) - expected).mean() < 1.5


@pytest.mark.parametrize("size", [8, 200])
def test_any_size_can_be_asked_for(size):
    assert decode(photo("JPEG"), size, "grey").shape == (1, size, size)


def test_grey_is_the_luma_of_the_colours():
    luma = PHOTO @ [0.299, 0.587, 0.114]
    for kind in ("PNG", "JPEG"):
        decoded = decode(photo(kind), 32, "grey")
        assert np.abs(decoded[0].astype(float) - block_means(luma[..., None], 32, 32)[0])[1:-1, 1:-1].mean() < 1.5


def test_a_grey_jpeg_becomes_three_equal_channels():
    decoded = decode(encode(Image.fromarray(PHOTO).convert("L"), "JPEG"), 32, "rgb")
    assert np.array_equal(decoded[0], decoded[1])
    assert np.array_equal(decoded[0], decoded[2])


def test_transparent_pixels_show_white():
    half = np.zeros((8, 8, 4), np.uint8)
    half[:, 4:] = [10, 20, 30, 255]
    decoded = decode(encode(Image.fromarray(half)), 8, "rgb")
    assert decoded[:, 0, 0].tolist() == [255, 255, 255]
    assert decoded[:, 0, 7].tolist() == [10, 20, 30]


def test_a_palette_with_a_transparent_colour():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 0)
    decoded = decode(encode(image, transparency=0), 8, "rgb")
    assert decoded[:, 0, 0].tolist() == [255, 255, 255]
    assert decoded[:, 7, 7].tolist() == [200, 100, 50]


# --- more than eight bits


def sixteen_bits(samples: np.ndarray) -> bytes:
    """A PNG of 16 bits a sample, H x W x C for grey, grey with opacity, RGB and RGBA; Pillow writes only grey ones."""
    height, width, channels = samples.shape
    rows = np.concatenate(
        [np.zeros((height, 1), np.uint8), samples.astype(">u2").view(np.uint8).reshape(height, -1)], 1
    )
    header = struct.pack(">IIBBBBB", width, height, 16, (0, 4, 2, 6)[channels - 1], 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(rows.tobytes()), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


SCENE = np.linspace(0, 1, 64).reshape(8, 8, 1)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_keeps_the_upper_eight_of_the_bits_that_it_uses(bits, channels):
    samples = np.uint16(SCENE * (2**bits - 1) * np.linspace(1, 0.5, channels))
    decoded = decode(sixteen_bits(samples), 8, "rgb")
    assert np.array_equal(decoded, np.broadcast_to((samples >> (bits - 8)).transpose(2, 0, 1), (3, 8, 8)))


def test_one_scale_holds_for_a_whole_picture():
    dim = np.uint16(SCENE * [4095, 300, 20])  # by itself the second channel would be one of 10 bits, the third of 8
    assert decode(sixteen_bits(dim), 8, "rgb")[:, 7, 7].tolist() == [255, 300 >> 4, 20 >> 4]


@pytest.mark.parametrize("opacity", [4095, 65535])
def test_opacity_has_bits_of_its_own(opacity):
    samples = np.uint16(np.concatenate([SCENE * 4095] * 3 + [np.full((8, 8, 1), opacity)], axis=2))
    assert np.array_equal(decode(sixteen_bits(samples), 8, "grey")[0], np.uint16(SCENE * 4095)[..., 0] >> 4)


def test_grey_with_opacity_keeps_the_upper_eight():
    samples = np.uint16(np.concatenate([SCENE * 65535, np.full((8, 8, 1), 65535)], axis=2))
    assert np.array_equal(decode(sixteen_bits(samples), 8, "grey")[0], samples[..., 0] >> 8)


def deep_tiff(samples: np.ndarray, order: str, deflated: bool) -> bytes:
    """A TIFF of 16-bit RGB samples in either byte order, which Pillow does not write."""
    height, width, channels = samples.shape
    pixels = samples.astype(order + "u2").tobytes()
    pixels = zlib.compress(pixels) if deflated else pixels
    bits = struct.pack(f"{order}3H", 16, 16, 16)
    entries = {
        256: width,
        257: height,
        258: None,
        259: 8 if deflated else 1,
        262: 2,
        273: None,
        277: channels,
        278: height,
    }
    place = 8 + 2 + 12 * (len(entries) + 1) + 4
    entries |= {258: place, 273: place + len(bits), 279: len(pixels)}
    directory = b"".join(
        struct.pack(f"{order}HHII", tag, 3, 3, value) if tag == 258 else struct.pack(f"{order}HHII", tag, 4, 1, value)
        for tag, value in entries.items()
    )
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, len(entries))
    return start + directory + bytes(4) + bits + pixels


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("bits", [12, 16])
def test_a_deep_tiff(order, deflated, bits):
    samples = np.uint16(SCENE * (2**bits - 1) * [1, 0.5, 0.1])
    decoded = decode(deep_tiff(samples, order, deflated), 8, "rgb")
    assert np.array_equal(decoded, (samples >> (bits - 8)).transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
def test_a_grey_tiff_of_any_type(mode):
    samples = (SCENE[..., 0] * 4095).astype({"I;16": "<u2", "I;16B": ">u2", "I": "i4", "F": "f4"}[mode])
    data = encode(Image.frombytes(mode, (8, 8), samples.tobytes()), "TIFF")
    assert np.array_equal(decode(data, 8, "grey")[0], samples.astype(int) >> 4)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.uint16([0x80FF, 0xFF]), [0x80, 0]),
        (np.uint16([255, 0]), [255, 0]),
        (np.uint16([256, 0]), [64, 0]),
        (np.uint16([1023, 512]), [255, 128]),
        (np.uint16([1024, 512]), [64, 32]),
        (np.int32([-9999, 4095]), [0, 255]),
        (np.int32([2**31 - 1, 2**30]), [127, 64]),
        (np.zeros(2, np.uint16), [0, 0]),
        (np.float32([0, 0.5, 1]), [0, 128, 255]),
        (np.float32([-0.1, 1.0001]), [0, 255]),  # what a filter leaves over
        (np.float32([0, 128.9, 255]), [0, 128, 255]),
        (np.float32([np.nan, np.inf, 0.5]), [0, 0, 128]),
        (np.float32([1e38, 0]), [64, 0]),
    ],
)
def test_what_eight_bits_are_kept(samples, expected):
    kept = to_eight_bits(samples)
    assert kept.dtype == np.uint8
    assert kept.tolist() == expected


# --- the right way up

UPRIGHT = PHOTO[:64, :96]
STORED = {  # how a camera stores a picture that is upright, by the tag; what Exif says of the 0th row and column
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT),
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}


def tagged(value: object, kind: str, pixels: np.ndarray, mode: str = "RGB", **options) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif[ExifTags.Base.Orientation] = value
    return encode(Image.fromarray(pixels).convert(mode), kind, exif=exif, **options)


@pytest.mark.parametrize("value", STORED)
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {"quality": 95}),
        ("JPEG", "CMYK", {"quality": 95}),
        ("PNG", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("TIFF", "RGB", {}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ],
)
def test_a_picture_is_set_upright(value, kind, mode, options):
    decoded = decode(tagged(value, kind, np.ascontiguousarray(STORED[value]), mode, **options), 16, "rgb")
    expected = block_means(UPRIGHT, 16, 16)
    assert np.abs(decoded.astype(float) - expected)[:, 1:-1, 1:-1].mean() < 2


def test_a_deep_picture_is_set_upright():
    samples = np.ascontiguousarray(np.uint16(SCENE[..., 0] * 4095))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    decoded = decode(encode(Image.fromarray(samples), "PNG", exif=exif), 8, "grey")
    assert np.array_equal(decoded[0], samples[::-1, ::-1] >> 4)


@pytest.mark.parametrize("value", [0, 9, 60_000])
def test_an_unknown_orientation_is_passed_over(value):
    assert np.array_equal(decode(tagged(value, "JPEG", PHOTO), 32, "rgb"), decode(photo("JPEG"), 32, "rgb"))


def test_a_damaged_table_of_tags_does_not_spoil_the_picture():
    whole = tagged(6, "JPEG", PHOTO)
    tags = whole.index(b"Exif")
    for damage in (b"Exif\0\0XX", b"Exif\0\0MM\0*\xff\xff\xff\xff"):
        data = whole[:tags] + damage + whole[tags + len(damage) :]
        assert np.array_equal(decode(data, 32, "rgb"), decode(photo("JPEG"), 32, "rgb"))


def test_only_the_table_of_tags_counts_not_what_looks_like_one():
    comment = b"Exif\0\0" + Image.Exif().tobytes()
    data = photo("JPEG", comment=comment)
    assert comment in data
    assert np.array_equal(decode(data, 32, "rgb"), decode(photo("JPEG"), 32, "rgb"))


# --- formats


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("BMP", {}, 0),
        ("GIF", {}, 6),  # 256 colours
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 3),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("TIFF", {"compression": "tiff_adobe_deflate"}, 0),
        ("TIFF", {"compression": "packbits"}, 0),
        ("TIFF", {"compression": "zstd"}, 0),
        ("TIFF", {"compression": "jpeg", "quality": 95}, 3),
        ("TIFF", {"big_tiff": True}, 0),
        ("MPO", {"quality": 95}, 3),  # what some telephones write and call .jpg
    ],
)
def test_other_formats(kind, options, tolerance):
    difference = np.abs(decode(photo(kind, **options), 32, "rgb").astype(int) - decode(photo(), 32, "rgb"))
    assert difference.mean() <= tolerance


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_pictures_the_first_counts(kind):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert decode(data, 8, "rgb")[:, 4, 4].tolist() == [255, 0, 0]


def with_opacity(kind: str, mode: str) -> bytes:
    image = Image.fromarray(np.uint8([[[0, 0, 0, 0], [90, 90, 90, 255]]] * 2)).convert(mode)
    return encode(image, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA"), ("TIFF", "LA"), ("GIF", "RGBA")],
)
def test_what_is_transparent_shows_white_in_every_format(kind, mode):
    assert decode(with_opacity(kind, mode), 2, "grey").tolist() == [[[255, 90], [255, 90]]]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_black_and_white(kind):
    image = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).convert("1")
    assert decode(encode(image, kind), 2, "grey").tolist() == [[[0, 255], [255, 0]]]


def test_a_fax():
    image = Image.fromarray(PHOTO).convert("1")
    decoded = decode(encode(image, "TIFF", compression="group4"), 96, "grey")
    assert np.array_equal(decoded, decode(encode(image), 96, "grey"))


def in_lab(image: Image.Image) -> Image.Image:
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.applyTransform(image, ImageCms.buildTransform(*profiles, "RGB", "LAB"))


@pytest.mark.parametrize(
    "convert",
    [
        in_lab,
        lambda image: image.convert("CMYK"),
        lambda image: image.convert("YCbCr"),
        lambda image: image.quantize(256),
    ],
)
def test_colour_spaces(convert):
    decoded = decode(encode(convert(Image.fromarray(PHOTO)), "TIFF"), 96, "rgb")
    assert np.abs(decoded.astype(int) - decode(photo(), 96, "rgb")).mean() < 4


def test_cmyk_is_converted_as_pillow_does():
    data = encode(Image.fromarray(PHOTO).convert("CMYK"), "JPEG", quality=95)
    decoded = decode(data, 96, "rgb")
    expected = Image.open(BytesIO(data)).convert("RGB").resize((96, 96), Image.Resampling.BILINEAR)
    assert np.array_equal(decoded, np.asarray(expected).transpose(2, 0, 1))


def test_stray_bytes_in_a_jpeg_are_forgiven():
    data = photo("JPEG")
    assert np.array_equal(decode(data[:-2] + b"\0" * 50 + data[-2:], 96, "rgb"), decode(data, 96, "rgb"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_an_image"),
        (b"<html>not found</html>", "not_an_image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_an_image"),  # Pillow would call Ghostscript
        (photo("PPM"), "not_an_image"),
        (photo("ICO"), "not_an_image"),
        (photo("JPEG2000"), "not_an_image"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "not_an_image"),
        (photo("JPEG")[:1000], "damaged"),
        (photo("JPEG")[:-2], "damaged"),
        (photo()[:500], "damaged"),
        (photo()[:40], "damaged"),
        (photo("BMP")[:500], "damaged"),
        (photo("GIF")[:500], "damaged"),
        (photo("WEBP")[:200], "damaged"),
        (photo("TIFF", compression="tiff_lzw")[:500], "damaged"),
        (photo("TIFF")[:500], "damaged"),
        (photo("TIFF")[:6], "damaged"),
    ],
)
def test_what_is_no_picture_is_named(data, reason):
    with pytest.raises(ImageError) as caught:
        decode(data, 32, "rgb")
    assert caught.value.reason == reason


# --- sizes


def claim(data: bytes, width: int, height: int) -> bytes:
    """A PNG whose header claims another size."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


def tiff(*entries: tuple[int, int, int, int], big: bool = False) -> bytes:
    """A TIFF of 16 x 16 black pixels with entries (tag, type, count, value) of its directory more or changed."""
    table = {256: (4, 1, 16), 257: (4, 1, 16), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, 500)}
    table |= {277: (3, 1, 1), 278: (4, 1, 16), 279: (4, 1, 256)} | {tag: rest for tag, *rest in entries}
    directory = b"".join(struct.pack("<HHQQ" if big else "<HHII", tag, *table[tag]) for tag in sorted(table))
    head = (
        struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(table))
        if big
        else struct.pack("<2sHIH", b"II", 42, 8, len(table))
    )
    return (head + directory).ljust(500, b"\0") + bytes(256)


def gif(screen: int, frame: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0, 0, 0)
    return head + b"," + struct.pack("<HHHHB", 0, 0, frame, frame, 0x80) + bytes(6) + b"\x02\x02\x44\x01\0;"


BOMBS = {
    **{f"png {side}": claim(photo(), side, side) for side in (8193, 10_000, 20_000, 60_000)},
    "gif screen": gif(9000, 1),
    "gif frame": gif(1, 9000),
    "bmp": photo("BMP")[:18] + struct.pack("<ii", 60_000, 60_000) + photo("BMP")[26:],
    "tiff": tiff((256, 4, 1, 60_000), (257, 4, 1, 60_000)),
    "big tiff": tiff((256, 4, 1, 60_000), (257, 4, 1, 60_000), big=True),
    "tiff tiles": tiff((322, 3, 1, 32768), (323, 3, 1, 32768)),
    "big tiff tiles": tiff((322, 16, 1, 1 << 40), (323, 4, 1, 1), big=True),
    "tiff strips": tiff((273, 4, 1 << 18, 0)) + bytes(4 << 18),
    "tiff bits": tiff((258, 3, 1 << 18, 0)) + bytes(2 << 18),
    "webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (16_382).to_bytes(3, "little") * 2,
}


@pytest.mark.parametrize("name", BOMBS)
def test_absurd_sizes_are_refused_before_decoding(name):
    for look in (lambda data: decode(data, 32, "rgb"), probe_header):
        with pytest.raises(ImageError) as caught:
            look(BOMBS[name])
        assert caught.value.reason == "too_large"


def test_what_the_bombs_are_made_of_is_harmless():
    tiles = tiff((322, 3, 1, 16), (323, 3, 1, 16))
    for data in (tiff(), tiff(big=True), tiles, tiff((700, 1, 1 << 18, 0)) + bytes(1 << 18)):
        probe_header(data)
        assert decode(data, 8, "grey").tolist() == [[[0] * 8] * 8]


def test_the_sides_of_tiles_are_read_in_either_byte_order():
    """A SHORT is the first half of its field, which is the upper half of a big-endian number."""
    entries = struct.pack(">H", 2) + struct.pack(">HHIHH", 322, 3, 1, 4000, 0) + struct.pack(">HHII", 323, 4, 1, 4000)
    data = struct.pack(">2sHI", b"MM", 42, 8) + entries
    assert not claims_too_much(data, 4000 * 4000)
    assert claims_too_much(data, 4000 * 4000 - 1)


def test_a_jpeg_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 128 * 96 - 1)
    for look in (lambda data: decode(data, 32, "rgb"), probe_header):
        with pytest.raises(ImageError) as caught:
            look(photo("JPEG"))
        assert caught.value.reason == "too_large"


# --- the header only


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_a_header_that_is_sound(kind):
    probe_header(photo(kind))


def test_no_pixel_is_looked_at():
    probe_header(photo("JPEG")[:1000])
    probe_header(photo()[:500])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>not found</html>", "not_an_image"),
        (photo("ICO"), "not_an_image"),
        (photo("JPEG")[:30], "damaged"),
        (photo()[:20], "damaged"),
        (photo("TIFF")[:6], "damaged"),
    ],
)
def test_a_header_that_is_not(data, reason):
    with pytest.raises(ImageError) as caught:
        probe_header(data)
    assert caught.value.reason == reason


def test_digits_keep_their_pixels_at_their_own_size():
    digit = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(from_pixels(digit, 8, "grey"), digit[None])
    assert np.array_equal(from_pixels(digit, 8, "rgb"), np.stack([digit] * 3))


def test_twice_the_size_interpolates_linearly():
    enlarged = resize(np.array([[0, 100], [0, 100]], np.uint8), 4)
    assert enlarged[0, 0].tolist() == [0, 25, 75, 100]


def test_nothing_here_needs_torch():
    code = "import sys, resgrad.preprocess.preprocess as p; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": "src"}, check=False).returncode == 0

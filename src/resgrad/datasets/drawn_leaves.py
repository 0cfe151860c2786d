"""Draw leaves and photograph them: a stand-in for PlantVillage that needs no download.

A leaf has a shape (round or long), a colour, veins and perhaps a disease: spots anywhere, or a blight that spreads from
the edge. Diseases are mild or severe, no two leaves have the same green, and each photograph has its own background,
light, rotation and noise: no single colour and no single patch gives the class away.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 256
"""Pixels per side, as in PlantVillage."""

SHAPES = {"round": 0.95, "long": 0.42}
"""Width of a leaf relative to its length; individual leaves vary by a sixth."""
CONDITIONS = ("healthy", "spots", "blight")


def draw_leaf(shape: str, condition: str, generator: np.random.Generator) -> Image.Image:
    """Draw one leaf on a transparent background, RGBA, SIZE x SIZE."""
    outline = _outline(SHAPES[shape] * generator.uniform(0.85, 1.15), generator)
    mask = _filled(outline)
    green = np.array([generator.uniform(60, 100), generator.uniform(115, 150), generator.uniform(40, 70)])
    leaf = green + _clouds(6, generator)[..., None] * [14, 14, 8]
    leaf = _blend(leaf, green + 40, 0.4 * _veins(outline, generator))
    if condition == "spots":
        dark = generator.uniform([70, 40, 20], [100, 65, 45])
        leaf = _blend(leaf, dark, generator.uniform(0.6, 1) * _spots(mask, generator))
    elif condition == "blight":
        pale = generator.uniform([110, 90, 60], [150, 125, 85])
        leaf = _blend(leaf, pale, generator.uniform(0.6, 1) * _blight(mask, generator))
    drawn = _image(leaf)
    drawn.putalpha(Image.fromarray(np.uint8(255 * mask)))
    return drawn


def photograph(leaf: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Photograph a leaf, RGB: each time in another place and another light."""
    angle, shift = generator.uniform(-30, 30), generator.uniform(-12, 12, 2)
    turned = leaf.rotate(angle, Image.Resampling.BILINEAR, translate=tuple(shift.tolist()))
    grey = generator.uniform(130, 180) + generator.uniform(-8, 8, 3)
    scene = _image(np.float32(grey) + 10 * _clouds(5, generator)[..., None])
    scene.paste(turned, mask=turned)
    across, down = generator.uniform(-0.2, 0.2, 2)
    ramp = np.linspace(-0.5, 0.5, SIZE)
    light = generator.uniform(0.8, 1.15) + across * ramp + down * ramp[:, None]
    tint = generator.uniform(0.96, 1.04, 3)
    noise = generator.integers(-12, 13, (SIZE, SIZE, 1), dtype=np.int8)
    return _image(np.asarray(scene) * np.float32(light[..., None] * tint) + noise)


def _outline(width: float, generator: np.random.Generator) -> np.ndarray:
    """Return the corners of a leaf's outline, points x 2, with the tip at the top."""
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    ripple = sum(generator.uniform(-0.03, 0.03) * np.sin(k * angle + generator.uniform(0, 6.3)) for k in (2, 3, 5, 9))
    radius = generator.uniform(95, 112) * (1 + ripple)
    x = radius * width * np.sin(angle) * (1 + 0.2 * np.cos(angle))
    y = -radius * np.cos(angle)
    return SIZE / 2 + np.stack([x, y], axis=1)


def _filled(corners: np.ndarray) -> np.ndarray:
    """Fill a polygon with ones, with soft borders, SIZE x SIZE."""
    image = Image.new("L", (SIZE, SIZE))
    ImageDraw.Draw(image).polygon([tuple(corner) for corner in corners.tolist()], fill=255)
    return _shares(image.filter(ImageFilter.BoxBlur(1)))


def _veins(outline: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw the midrib and side veins, from 0 to 1, SIZE x SIZE."""
    image = Image.new("L", (SIZE, SIZE))
    pen = ImageDraw.Draw(image)
    middle, top, bottom = SIZE / 2, outline[:, 1].min(), outline[:, 1].max()
    reach = (outline[:, 0].max() - middle) * 0.8
    pen.line([(middle, top), (middle, bottom)], fill=255, width=3)
    for height in np.linspace(top, bottom, int(generator.integers(6, 10)) + 2)[1:-1].tolist():
        for side in (-1, 1):
            pen.line([(middle, height), (middle + side * reach, height - 0.5 * reach)], fill=200, width=2)
    return _shares(image)


def _spots(mask: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw round spots within the leaf, from 0 to 1, SIZE x SIZE."""
    image = Image.new("L", (SIZE, SIZE))
    pen = ImageDraw.Draw(image)
    inside = np.argwhere(mask > 0.9)
    for y, x in inside[generator.integers(0, len(inside), int(generator.integers(10, 30)))].tolist():
        radius = generator.uniform(5, 11)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(generator.integers(190, 256)))
    return _shares(image.filter(ImageFilter.BoxBlur(1)))


def _blight(mask: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw a region with a ragged front, from one or two points of the edge, from 0 to 1, SIZE x SIZE."""
    edge = np.argwhere((mask > 0.3) & (mask < 0.7))
    places = np.linspace(0, SIZE - 1, SIZE, dtype=np.float32)
    front = generator.uniform(55, 100) + 14 * _clouds(16, generator)
    region = np.zeros((SIZE, SIZE), np.float32)
    for y, x in edge[generator.integers(0, len(edge), int(generator.integers(1, 3)))].tolist():
        depth = front - np.hypot(places - x, places[:, None] - y)
        region = np.maximum(region, np.clip(depth / 8, 0, 1))
    return region


def _clouds(cells: int, generator: np.random.Generator) -> np.ndarray:
    """Return smooth noise with about this many hills across, standard deviation about 1, float32, SIZE x SIZE."""
    coarse = Image.fromarray(generator.normal(0, 1.5, (cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def _blend(below: np.ndarray, above: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blend a colour over a picture, SIZE x SIZE x 3, with the opacity ``share``, SIZE x SIZE."""
    return below + (above - below) * share[..., None]


def _shares(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float32) / 255


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

// Draws the mark (web/design/mark.svg) as PNG, so that the build needs no
// graphics library: every pixel asks how far it is from the rounded square,
// from the line and from the ring.
import { deflateSync } from "node:zlib";

const ground = [0x0b, 0x50, 0x48];
const white = [0xff, 0xff, 0xff];
const brass = [0xea, 0xc4, 0x6c];
const halfStroke = 1.25;

/** The nod line of the mark as points, in the 32 x 32 drawing. */
function line() {
  const curves = [
    [5.8, 14.5, 10, 14.5, 10.8, 23.3, 16, 23.3],
    [16, 23.3, 21.2, 23.3, 22, 14.5, 26.2, 14.5],
  ];
  const points = [[4, 14.5]];
  for (const [ax, ay, bx, by, cx, cy, dx, dy] of curves) {
    for (let i = 0; i <= 32; i++) {
      const t = i / 32;
      const u = 1 - t;
      points.push([
        u * u * u * ax + 3 * u * u * t * bx + 3 * u * t * t * cx + t * t * t * dx,
        u * u * u * ay + 3 * u * u * t * by + 3 * u * t * t * cy + t * t * t * dy,
      ]);
    }
  }
  points.push([28, 14.5]);
  return points;
}

function toSegment(px, py, [ax, ay], [bx, by]) {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length));
  return Math.hypot(px - ax - t * dx, py - ay - t * dy);
}

/** Signed distance to the square of 32 with corners of the given radius. */
function toSquare(px, py, radius) {
  const qx = Math.abs(px - 16) - 16 + radius;
  const qy = Math.abs(py - 16) - 16 + radius;
  return Math.hypot(Math.max(qx, 0), Math.max(qy, 0)) + Math.min(Math.max(qx, qy), 0) - radius;
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/**
 * The mark as PNG bytes, `size` pixels square. Maskable: the same drawing at
 * 72 % on a full square, so that a platform may cut any shape out of it.
 */
export function markPNG(size, { maskable = false } = {}) {
  const points = line();
  const drawn = maskable ? 0.72 : 1;
  const unit = 32 / (size * drawn);
  const rows = Buffer.alloc(size * (size * 4 + 1));
  const cover = (distance) => Math.max(0, Math.min(1, 0.5 - distance / unit));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const px = 16 + (x + 0.5 - size / 2) * unit;
      const py = 16 + (y + 0.5 - size / 2) * unit;
      let nearest = Infinity;
      for (let i = 1; i < points.length; i++) {
        nearest = Math.min(nearest, toSegment(px, py, points[i - 1], points[i]));
      }
      const onLine = cover(nearest - halfStroke);
      const onRing = cover(Math.abs(Math.hypot(px - 16, py - 12) - 4.3) - halfStroke);
      const at = y * (size * 4 + 1) + 1 + x * 4;
      for (let c = 0; c < 3; c++) {
        const withLine = ground[c] + (white[c] - ground[c]) * onLine;
        rows[at + c] = Math.round(withLine + (brass[c] - withLine) * onRing);
      }
      rows[at + 3] = maskable ? 255 : Math.round(255 * cover(toSquare(px, py, 9)));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, RGBA, no interlace
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

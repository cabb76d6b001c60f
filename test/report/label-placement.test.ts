import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlapArea, placeLabels } from '../../src/report/label-placement.js';

const area = { left: 0, top: 0, width: 1000, height: 600 };

describe('placeLabels', () => {
  it('prefers the right of the anchor', () => {
    const [box] = placeLabels([{ anchor: { x: 100, y: 100 }, width: 80, height: 20 }], [], area);
    expect(box).toEqual({ left: 116, top: 90, width: 80, height: 20 });
  });

  it('moves away from an obstacle', () => {
    const obstacle = { left: 105, top: 0, width: 200, height: 200 };
    const [box] = placeLabels([{ anchor: { x: 100, y: 100 }, width: 80, height: 20 }], [obstacle], area);
    expect(box && overlapArea(box, obstacle)).toBe(0);
  });

  it('stays within the area and off other labels wherever the anchor is', () => {
    const anchor = fc.record({ x: fc.integer({ min: 0, max: 1000 }), y: fc.integer({ min: 0, max: 600 }) });
    fc.assert(
      fc.property(fc.array(anchor, { minLength: 1, maxLength: 4 }), (anchors) => {
        const boxes = placeLabels(
          anchors.map((at) => ({ anchor: at, width: 150, height: 50 })),
          [],
          area,
        );
        boxes.forEach((box, index) => {
          expect(overlapArea(box, area)).toBe(150 * 50);
          for (const other of boxes.slice(index + 1)) expect(overlapArea(box, other)).toBe(0);
        });
      }),
      // Three along an edge, the last with no place beside its anchor.
      {
        examples: [
          [
            [
              { x: 539, y: 116 },
              { x: 700, y: 25 },
              { x: 779, y: 0 },
            ],
          ],
        ],
      },
    );
  });

  it('goes as far as the free place is, and no further', () => {
    const obstacles = [
      { left: 0, top: 0, width: 1000, height: 520 },
      { left: 0, top: 520, width: 700, height: 80 },
    ];
    const [box] = placeLabels([{ anchor: { x: 100, y: 100 }, width: 80, height: 20 }], obstacles, area);
    expect(box).toEqual({ left: 704, top: 524, width: 80, height: 20 });
  });

  it('takes the least covered place where none is free', () => {
    const everywhere = { left: 0, top: 0, width: 1000, height: 600 };
    const alsoRight = { left: 500, top: 0, width: 500, height: 600 };
    const request = { anchor: { x: 500, y: 300 }, width: 100, height: 20 };
    const [box] = placeLabels([request], [everywhere, alsoRight], area);
    expect(box && overlapArea(box, alsoRight)).toBe(0);
  });

  it('puts a label somewhere even when the area is too small for it', () => {
    const tiny = { left: 0, top: 0, width: 10, height: 10 };
    expect(placeLabels([{ anchor: { x: 5, y: 5 }, width: 100, height: 20 }], [], tiny)).toHaveLength(1);
  });
});

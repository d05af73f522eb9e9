import type { Canvas } from './canvas.js';
import { arc, between, dome, ellipse } from './curves.js';
import type { Expression } from './expression.js';
import type { Person } from './person.js';
import type { Pose } from './pose.js';

/** The data from which the parts of a face are drawn. */
interface Face {
  readonly canvas: Canvas;
  readonly person: Person;
  readonly expression: Expression;
  readonly pose: Pose;
}

/** Draws a head, from back to front. */
export function drawFace(canvas: Canvas, person: Person, expression: Expression, pose: Pose): void {
  const face = { canvas, person, expression, pose };
  drawHead(face);
  drawNose(face);
  for (const side of [-1, 1]) {
    drawEye(face, side);
    drawBrow(face, side);
    drawFold(face, side);
  }
  drawForehead(face);
  drawMouth(face);
  drawHair(face);
  drawGlasses(face);
}

function drawHead({ canvas, person, pose }: Face): void {
  const { skin, hair, length, jaw } = person;
  if (person.hairLength > 0) {
    const low = person.hairLength - 0.3;
    const behind = [...dome(1.15, -0.3, -length - 0.12), 1.22, low, -1.22, low];
    canvas.polygon(pose.place(behind, false), { shade: hair });
  }
  canvas.polygon(pose.place([-0.5, 0.8, 0.5, 0.8, 0.6, 1.6, 1.6, 2.1, -1.6, 2.1, -0.6, 1.6], false), {
    shade: 0.75 * skin,
  });
  for (const side of [-1, 1])
    canvas.polygon(pose.place(ellipse(side, 0.02, 0.14, 0.26, 8), false), { shade: 0.85 * skin });
  const outline: number[] = [];
  for (let i = 0; i < 24; i++) {
    const angle = (2 * Math.PI * i) / 24;
    const down = Math.max(0, Math.sin(angle));
    outline.push(Math.cos(angle) * (1 - jaw * down), Math.sin(angle) * length);
  }
  canvas.polygon(pose.place(outline, false), { shade: skin });
  if (person.beard > 0) {
    const beard = between(arc(-0.97, 0.1, 0, 1.05, 0.97, 0.1, 8), arc(-0.9, 0.25, 0, 2 * length - 0.75, 0.9, 0.25, 8));
    canvas.polygon(pose.place(beard, false), { shade: hair, opacity: person.beard });
  }
}

function drawNose({ canvas, person, expression, pose }: Face): void {
  const { skin, noseWidth: w, noseLength } = person;
  const up = 0.05 * Math.max(0, expression.nose);
  const tip = noseLength - up;
  const dark = 0.5 * skin;
  canvas.stroke(pose.place([0.06, -0.1, 0.1, tip - 0.08]), 0.07 * pose.scale, {
    shade: 0.75 * skin,
    opacity: 0.6,
  });
  for (const side of [-1, 1]) {
    canvas.polygon(pose.place(ellipse(side * 0.55 * w, tip + 0.02, 0.05, 0.028, 8)), {
      shade: 0.3 * skin,
      opacity: 0.9,
    });
    const wing = arc(side * w, tip - 0.1, side * (w + 0.04), tip - 0.03, side * 0.75 * w, tip + 0.04, 4);
    canvas.stroke(pose.place(wing), 0.035 * pose.scale, { shade: dark, opacity: 0.6 });
    const wrinkle = Math.min(1, Math.max(0, expression.nose - 0.15) * 1.1);
    for (const y of [-0.12, -0.02, 0.08]) {
      const line = [side * 0.03, y + 0.02, side * 0.13, y - 0.05];
      canvas.stroke(pose.place(line), 0.04 * pose.scale, { shade: dark, opacity: wrinkle });
    }
  }
}

function drawEye({ canvas, person, expression, pose }: Face, side: number): void {
  const { skin, eyeSize, eyeHeight, eyeDistance } = person;
  const x = side * eyeDistance;
  const half = 0.2 * eyeSize;
  const opening = Math.max(0, 1 + 0.62 * expression.eyes);
  const upper = eyeHeight - 0.105 * eyeSize * opening;
  const lower = eyeHeight + 0.06 * eyeSize * opening * (1 - 0.55 * clamp(expression.cheeks));
  const inner = x - side * half;
  const outer = x + side * half;
  const lid = arc(inner, eyeHeight + 0.02, x, upper, outer, eyeHeight, 6);
  const below = arc(inner, eyeHeight + 0.02, x, lower, outer, eyeHeight, 6);
  canvas.polygon(pose.place(between(lid, below)), { shade: Math.min(0.95, skin + 0.3) });
  const tall = (lower - upper) / 2;
  const iris = 0.095 * eyeSize;
  if (tall > 0.02) {
    const middle = Math.max(upper + Math.min(iris, tall), eyeHeight - 0.02);
    canvas.polygon(pose.place(ellipse(x, middle, iris, Math.min(iris, tall), 10)), { shade: person.iris * 0.6 });
  }
  canvas.stroke(pose.place(lid), 0.05 * pose.scale, { shade: 0.3 * skin });
  canvas.stroke(pose.place(below), 0.025 * pose.scale, { shade: 0.5 * skin, opacity: 0.6 });
  const crease = arc(inner, eyeHeight - 0.06, x, upper - 0.07, outer, eyeHeight - 0.06, 5);
  canvas.stroke(pose.place(crease), 0.03 * pose.scale, { shade: 0.6 * skin, opacity: 0.5 });
  const bag = arc(inner, lower + 0.09, x, lower + 0.12, outer, lower + 0.05, 5);
  canvas.stroke(pose.place(bag), 0.035 * pose.scale, {
    shade: 0.6 * skin,
    opacity: clamp(0.7 * expression.cheeks + 0.6 * person.age),
  });
}

function drawBrow({ canvas, person, expression, pose }: Face, side: number): void {
  const { innerBrow, outerBrow, browLower } = expression;
  const { browHeight: base, browTilt: tilt } = person;
  const innerX = 0.2 - 0.06 * browLower;
  const innerY = base + tilt + 0.02 - 0.18 * innerBrow + 0.17 * browLower;
  const middleY = base - 0.07 - 0.07 * innerBrow - 0.11 * outerBrow + 0.1 * browLower;
  const outerY = base - tilt + 0.02 + 0.04 * innerBrow - 0.2 * outerBrow - 0.02 * browLower;
  const line = arc(side * innerX, innerY, side * 0.44, middleY, side * 0.72, outerY, 5);
  const shade = Math.min(person.hair, 0.6 * person.skin);
  canvas.stroke(pose.place(line), person.browWidth * pose.scale, { shade, opacity: 0.92 });
}

/** Draws the fold from the nose to the corner of the mouth. */
function drawFold({ canvas, person, expression, pose }: Face, side: number): void {
  const { upperLip, corners, nose } = expression;
  const depth = clamp(0.55 * Math.max(0, upperLip) + 0.6 * Math.max(0, corners) + 0.3 * Math.max(0, nose) + person.age);
  const x = side * (person.noseWidth + 0.07);
  const wide = side * (person.mouthWidth + 0.14 + 0.1 * Math.max(0, corners));
  const y = person.noseLength;
  canvas.stroke(
    pose.place(arc(x, y - 0.06, side * 0.4, y + 0.09, wide, person.mouthHeight - 0.02, 5)),
    0.04 * pose.scale,
    {
      shade: 0.6 * person.skin,
      opacity: depth,
    },
  );
}

/** Draws the lines of raised or lowered brows. */
function drawForehead({ canvas, person, expression, pose }: Face): void {
  const shade = 0.65 * person.skin;
  const width = 0.035 * pose.scale;
  const raised = clamp(0.7 * Math.max(expression.outerBrow, 0.6 * expression.innerBrow) - 0.15 + 0.5 * person.age);
  for (const y of [-0.72, -0.62]) {
    const reach = 0.25 + 0.25 * clamp(expression.outerBrow);
    canvas.stroke(pose.place(arc(-reach, y + 0.02, 0, y, reach, y + 0.02, 4)), width, { shade, opacity: 0.8 * raised });
  }
  const drawn = clamp(expression.browLower - 0.2);
  for (const side of [-1, 1]) {
    canvas.stroke(pose.place([side * 0.06, -0.42, side * 0.05, -0.24]), width, { shade, opacity: drawn });
  }
}

function drawMouth({ canvas, person, expression, pose }: Face): void {
  const { skin, lips } = person;
  const { corners, stretch, teeth, upperLip, chin } = expression;
  const half = person.mouthWidth * Math.max(0.4, 1 + 0.16 * corners + 0.3 * stretch);
  const open = 0.46 * expression.open;
  const y = person.mouthHeight - 0.05 * Math.max(0, upperLip) - 0.03 * chin;
  const cornerY = y - 0.2 * corners + 0.35 * open;
  // The opening grows downwards, as the jaw drops. In a smile the corners are up, so that the lips bend.
  const upperY = y + 0.03 * corners - 0.08 * upperLip;
  const lowerY = upperY + open + 0.06 * Math.max(0, upperLip) * Math.min(1, 4 * open);
  const thick = person.lipWidth * Math.max(0.25, 1 - 0.8 * clamp(expression.press));
  const upper = arc(-half, cornerY, 0, upperY, half, cornerY, 8);
  const lower = arc(-half, cornerY, 0, lowerY, half, cornerY, 8);
  const outside = between(
    arc(-half - 0.02, cornerY, 0, upperY - thick, half + 0.02, cornerY, 8),
    arc(-half - 0.02, cornerY, 0, lowerY + 1.3 * thick, half + 0.02, cornerY, 8),
  );
  if (person.moustache > 0) {
    canvas.stroke(
      pose.place(arc(-0.36, y - 0.06, 0, y - 0.17 - 0.05 * upperLip, 0.36, y - 0.06, 5)),
      0.1 * pose.scale,
      {
        shade: Math.min(person.hair, 0.7 * skin),
        opacity: person.moustache,
      },
    );
  }
  canvas.polygon(pose.place(outside), { shade: lips, opacity: 0.9 });
  if (open > 0.02) {
    canvas.polygon(pose.place(between(upper, lower)), { shade: 0.12 * skin });
    const shown = teeth * Math.min(open, 0.2 + 0.2 * teeth);
    if (shown > 0.02) {
      const inset = 0.88 * half;
      const rim = arc(-inset, cornerY, 0, upperY + 0.01, inset, cornerY, 8);
      const edge = arc(-inset, cornerY, 0, upperY + shown, inset, cornerY, 8);
      canvas.polygon(pose.place(between(rim, edge)), { shade: 0.92, opacity: 0.9 });
    }
  }
  canvas.stroke(pose.place(upper), (open > 0.02 ? 0.03 : 0.05) * pose.scale, { shade: 0.35 * skin, opacity: 0.9 });
  const pit = arc(-0.2, lowerY + 0.2, 0, lowerY + 0.15, 0.2, lowerY + 0.2, 4);
  canvas.stroke(pose.place(pit), 0.05 * pose.scale, { shade: 0.65 * skin, opacity: clamp(0.25 + 0.6 * chin) });
}

function drawHair({ canvas, person, pose }: Face): void {
  const { hair, hairline, parting, length } = person;
  const top = -length - 0.06;
  const paint = { shade: hair };
  const fringe = [
    -1.02,
    -0.35,
    -0.8,
    hairline + 0.1,
    parting * 0.5,
    hairline - 0.12,
    0.8,
    hairline + 0.06,
    1.02,
    -0.35,
  ];
  const crown = dome(1.05, -0.35, top);
  canvas.polygon(pose.place(between(crown, fringe), false), paint);
  if (person.hairLength > 0) {
    const low = person.hairLength - 0.3;
    for (const side of [-1, 1]) {
      const lock = [side * 0.96, -0.5, side * 1.2, -0.3, side * 1.22, low, side * 0.92, low, side * 0.95, 0];
      canvas.polygon(pose.place(lock, false), paint);
    }
  }
}

function drawGlasses({ canvas, person, pose }: Face): void {
  if (person.glasses === 0) return;
  const paint = { shade: 0.12, opacity: person.glasses };
  const width = 0.05 * pose.scale;
  const y = person.eyeHeight;
  for (const side of [-1, 1]) {
    const rim = ellipse(side * person.eyeDistance, y + 0.02, 0.3, 0.21, 12);
    canvas.stroke(pose.place([...rim, rim[0], rim[1]]), width, paint);
    canvas.stroke(pose.place([side * (person.eyeDistance + 0.3), y, side * 1, y - 0.03]), width, paint);
  }
  canvas.stroke(pose.place([-person.eyeDistance + 0.3, y, person.eyeDistance - 0.3, y]), width, paint);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

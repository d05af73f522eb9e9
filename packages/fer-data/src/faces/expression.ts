import type { Random } from 'fer-core';

/**
 * The state of a face's muscles: a small part of the action units (AU) of the Facial Action Coding System (Ekman &
 * Friesen, 1978). 0 is at rest, 1 strong.
 */
export interface Expression {
  /** AU 1: the inner ends of the brows go up. */
  innerBrow: number;
  /** AU 2: the outer ends of the brows go up. */
  outerBrow: number;
  /** AU 4: the brows go down and together. */
  browLower: number;
  /** AU 5 above 0: eyes wide. AU 7, 43 below: narrowed; −1.6 is shut. */
  eyes: number;
  /** AU 6: the cheeks go up, and the lower lids with them. */
  cheeks: number;
  /** AU 9: the nose wrinkles. */
  nose: number;
  /** AU 10: the upper lip goes up. */
  upperLip: number;
  /** AU 12 above 0: the corners of the mouth go up. AU 15 below: down. */
  corners: number;
  /** AU 20 above 0: the mouth is wide. AU 18 below: round. */
  stretch: number;
  /** AU 25 to 27: the mouth is open. */
  open: number;
  /** How much of the opening shows teeth. */
  teeth: number;
  /** AU 23, 24: the lips are pressed thin. */
  press: number;
  /** AU 17: the chin goes up. */
  chin: number;
}

const REST: Expression = {
  innerBrow: 0,
  outerBrow: 0,
  browLower: 0,
  eyes: 0,
  cheeks: 0,
  nose: 0,
  upperLip: 0,
  corners: 0,
  stretch: 0,
  open: 0,
  teeth: 0.3,
  press: 0,
  chin: 0,
};

/** Each class's ways of looking, after the prototypes of EMFACS; in the order of `FER2013_CLASSES`. */
const PROTOTYPES: readonly (readonly Partial<Expression>[])[] = [
  [
    // angry: lips pressed; or shouting; or teeth bared
    { browLower: 1, eyes: -0.25, press: 1, corners: -0.25, chin: 0.5 },
    { browLower: 1, eyes: 0.4, open: 0.75, teeth: 0.5, stretch: 0.1, corners: -0.2 },
    { browLower: 1, eyes: 0.1, open: 0.35, teeth: 1, stretch: 0.3, corners: -0.3 },
  ],
  [
    // disgust: the lip raised; or the mouth open too
    { nose: 1, browLower: 0.45, eyes: -0.6, upperLip: 1, corners: -0.45, cheeks: 0.4, chin: 0.5 },
    { nose: 1, browLower: 0.4, eyes: -0.7, upperLip: 1, corners: -0.5, cheeks: 0.5, open: 0.4, teeth: 0.7 },
  ],
  [
    // fear: brows up and together, eyes wide, mouth drawn wide
    { innerBrow: 1, outerBrow: 0.35, browLower: 0.35, eyes: 1, stretch: 0.9, open: 0.3, teeth: 0.7, corners: -0.25 },
    { innerBrow: 1, outerBrow: 0.4, browLower: 0.3, eyes: 1, stretch: 0.7, open: 0.6, teeth: 0.4, corners: -0.3 },
  ],
  [
    // happy: a smile; or a grin; or a laugh
    { corners: 0.9, cheeks: 0.6, stretch: 0.3 },
    { corners: 1, cheeks: 0.8, stretch: 0.4, open: 0.35, teeth: 1 },
    { corners: 1, cheeks: 1, stretch: 0.3, open: 0.75, teeth: 0.6, eyes: -0.4 },
  ],
  [
    // sad: inner brows up, lids heavy, corners down; or crying
    { innerBrow: 0.9, browLower: 0.2, eyes: -0.4, corners: -0.9, chin: 0.6 },
    { innerBrow: 0.8, browLower: 0.35, eyes: -0.9, corners: -1, chin: 0.4, open: 0.3, cheeks: 0.3 },
  ],
  [
    // surprise: brows high, eyes wide, the jaw dropped
    { innerBrow: 1, outerBrow: 1, eyes: 0.9, open: 0.95, stretch: -0.5, teeth: 0.15 },
    { innerBrow: 0.9, outerBrow: 1, eyes: 0.8, open: 0.5, stretch: -0.7, teeth: 0.1 },
  ],
  [
    // neutral: at rest; or the lips a little apart, as when talking
    {},
    { open: 0.12, teeth: 0.5 },
  ],
];

/** How strongly muscles move that the expression has nothing to do with. */
const RESTLESS = 0.09;

/**
 * An expression of a class, of varied strength: weak ones are near neutral, and so near their neighbours.
 *
 * @param label - Index into `FER2013_CLASSES`.
 * @param weakest - Least strength; the most is 1.
 */
export function drawExpression(label: number, weakest: number, random: Random): Expression {
  const ways = PROTOTYPES[label];
  const way: Partial<Expression> = ways[random.int(ways.length)];
  const strength = random.between(weakest, 1.1);
  const drawn = { ...REST };
  for (const unit of Object.keys(REST) as (keyof Expression)[]) {
    drawn[unit] += strength * (way[unit] ?? 0) * random.between(0.8, 1.2) + RESTLESS * random.normal();
  }
  drawn.open = Math.max(0, drawn.open - 0.05);
  drawn.teeth = Math.min(1, Math.max(0, drawn.teeth));
  if (random.uniform() < 0.03) drawn.eyes = -1.6; // a blink
  return drawn;
}

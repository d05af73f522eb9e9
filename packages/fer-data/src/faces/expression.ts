import type { Random } from 'fer-core';

/**
 * The state of a face's muscles, by some of the action units (AU) of the Facial Action Coding System (Ekman & Friesen,
 * 1978). 0 is at rest, 1 is strong.
 */
export interface Expression {
  /** AU 1: inner brow raiser. */
  innerBrow: number;
  /** AU 2: outer brow raiser. */
  outerBrow: number;
  /** AU 4: brow lowerer. */
  browLower: number;
  /** Above 0, AU 5: wide eyes. Below 0, AU 7 and 43: narrowed eyes; at −1.6 they are closed. */
  eyes: number;
  /** AU 6: cheek raiser, which also raises the lower lids. */
  cheeks: number;
  /** AU 9: nose wrinkler. */
  nose: number;
  /** AU 10: upper lip raiser. */
  upperLip: number;
  /** Above 0, AU 12: lip corners up. Below 0, AU 15: lip corners down. */
  corners: number;
  /** Above 0, AU 20: lips stretched. Below 0, AU 18: lips puckered. */
  stretch: number;
  /** AU 25 to 27: mouth open. */
  open: number;
  /** Share of the opening in which teeth are visible. */
  teeth: number;
  /** AU 23 and 24: lips pressed. */
  press: number;
  /** AU 17: chin raiser. */
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

/** Prototypes of each class, after EMFACS, in the order of `FER2013_CLASSES`. */
const PROTOTYPES: readonly (readonly Partial<Expression>[])[] = [
  [
    // angry: lips pressed; or shouting; or teeth bared
    { browLower: 1, eyes: -0.25, press: 1, corners: -0.25, chin: 0.5 },
    { browLower: 1, eyes: 0.4, open: 0.75, teeth: 0.5, stretch: 0.1, corners: -0.2 },
    { browLower: 1, eyes: 0.1, open: 0.35, teeth: 1, stretch: 0.3, corners: -0.3 },
  ],
  [
    // disgust: lip raised; or mouth open too
    { nose: 1, browLower: 0.45, eyes: -0.6, upperLip: 1, corners: -0.45, cheeks: 0.4, chin: 0.5 },
    { nose: 1, browLower: 0.4, eyes: -0.7, upperLip: 1, corners: -0.5, cheeks: 0.5, open: 0.4, teeth: 0.7 },
  ],
  [
    // fear: brows raised and drawn together, eyes wide, mouth stretched
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
    // sad: inner brows raised, eyes narrowed, corners down; or crying
    { innerBrow: 0.9, browLower: 0.2, eyes: -0.4, corners: -0.9, chin: 0.6 },
    { innerBrow: 0.8, browLower: 0.35, eyes: -0.9, corners: -1, chin: 0.4, open: 0.3, cheeks: 0.3 },
  ],
  [
    // surprise: brows raised, eyes wide, jaw dropped
    { innerBrow: 1, outerBrow: 1, eyes: 0.9, open: 0.95, stretch: -0.5, teeth: 0.15 },
    { innerBrow: 0.9, outerBrow: 1, eyes: 0.8, open: 0.5, stretch: -0.7, teeth: 0.1 },
  ],
  [
    // neutral: at rest; or lips slightly parted, as when talking
    {},
    { open: 0.12, teeth: 0.5 },
  ],
];

/** Standard deviation of all muscles, those that don't belong to the expression included. */
const RESTLESS = 0.09;

/**
 * Draws an expression of a class, of random strength. Weak expressions are close to neutral, and so to other classes.
 *
 * @param label - Index into `FER2013_CLASSES`.
 * @param weakest - Smallest strength. The largest is 1.1.
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

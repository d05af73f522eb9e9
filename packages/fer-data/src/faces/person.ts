import type { Random } from 'fer-core';

/** The features of a face at rest. Lengths are in half face widths, shades from 0 (black) to 1 (white). */
export interface Person {
  readonly skin: number;
  readonly hair: number;
  readonly lips: number;
  readonly iris: number;
  /** Half the height of the head. */
  readonly length: number;
  /** How much narrower the jaw is than the face. 0 is round. */
  readonly jaw: number;
  readonly browHeight: number;
  readonly browTilt: number;
  readonly browWidth: number;
  readonly eyeDistance: number;
  readonly eyeHeight: number;
  readonly eyeSize: number;
  readonly noseLength: number;
  readonly noseWidth: number;
  readonly mouthHeight: number;
  readonly mouthWidth: number;
  readonly lipWidth: number;
  /** Height of the hairline on the forehead. */
  readonly hairline: number;
  /** Position of the parting, from −1 (left) to 1 (right). */
  readonly parting: number;
  /** Length of the hair at the sides. 0 is short. */
  readonly hairLength: number;
  /** Opacity of the beard; mostly 0, as for moustache and glasses. */
  readonly beard: number;
  readonly moustache: number;
  readonly glasses: number;
  /** Opacity of wrinkles. */
  readonly age: number;
}

/** Draws the features of a random person. */
export function drawPerson(random: Random): Person {
  const skin = random.between(0.35, 0.9);
  const bearded = random.uniform() < 0.16;
  return {
    skin,
    // Hair is mostly dark. With fair hair, the brows still stand out from the skin (see drawFace).
    hair: random.uniform() < 0.75 ? random.between(0.03, 0.3) * (0.5 + skin / 2) : random.between(0.3, 0.85),
    lips: skin * random.between(0.55, 0.85),
    iris: random.between(0.05, 0.4),
    length: random.between(1.2, 1.45),
    jaw: random.between(0.02, 0.3),
    browHeight: random.between(-0.44, -0.36),
    browTilt: random.between(-0.03, 0.03),
    browWidth: random.between(0.06, 0.13),
    eyeDistance: random.between(0.38, 0.46),
    eyeHeight: random.between(-0.17, -0.1),
    eyeSize: random.between(0.85, 1.15),
    noseLength: random.between(0.28, 0.4),
    noseWidth: random.between(0.14, 0.22),
    mouthHeight: random.between(0.64, 0.74),
    mouthWidth: random.between(0.32, 0.42),
    lipWidth: random.between(0.05, 0.11),
    hairline: random.between(-0.95, -0.6),
    parting: random.between(-0.8, 0.8),
    hairLength: random.uniform() < 0.45 ? random.between(0.5, 1.7) : 0,
    beard: bearded ? random.between(0.3, 0.85) : 0,
    moustache: bearded || random.uniform() < 0.04 ? random.between(0.4, 0.9) : 0,
    glasses: random.uniform() < 0.14 ? random.between(0.5, 1) : 0,
    age: random.uniform() ** 2 * 0.5,
  };
}

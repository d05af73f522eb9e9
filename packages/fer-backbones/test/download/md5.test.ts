import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { md5 } from '../../src/download/md5.js';

describe('md5', () => {
  it('is that of the examples of RFC 1321', () => {
    const of = (text: string) => md5(new TextEncoder().encode(text));
    expect(of('')).toBe('d41d8cd98f00b204e9800998ecf8427e');
    expect(of('abc')).toBe('900150983cd24fb0d6963f7d28e17f72');
    expect(of('message digest')).toBe('f96b697d7cb7938d525a2f31aaf161d0');
  });

  it('is that of node:crypto around every boundary of a block, and inside a larger buffer', () => {
    const all = Uint8Array.from({ length: 200 }, (_, i) => (i * 151 + 7) & 255);
    for (let length = 0; length <= 190; length++) {
      const bytes = all.subarray(3, 3 + length);
      expect(md5(bytes)).toBe(createHash('md5').update(bytes).digest('hex'));
    }
  });
});

/**
 * A second FER2013 parser for the tests, slow and strict, that shares nothing with the sources: the whole text is cut
 * into records by one character-wise machine, and each is judged by the letter of the format.
 */
export interface Reference {
  /** Accepted rows: `row,label,usage,pixels…`. */
  readonly rows: readonly string[];
  /** Numbers of the refused ones, and their columns. */
  readonly bad: readonly { readonly row: number; readonly column: string | undefined }[];
}

/** @returns What the file holds, or `undefined` where it can't be read at all. */
export function referenceParse(bytes: Uint8Array): Reference | undefined {
  const text = new TextDecoder().decode(bytes);
  if (text.slice(0, 512).includes('\0') || /^\s*</.test(text.slice(0, 64))) return undefined;
  const records = cut(text);
  if (!records) return undefined;
  let header: string[] | undefined;
  const rows: string[] = [];
  const bad: { row: number; column: string | undefined }[] = [];
  for (const [index, record] of records.entries()) {
    if (record !== 'broken' && record.join('').trim() === '' && record.length === 1) continue;
    if (!header) {
      if (record === 'broken') return undefined;
      header = record.map((field) => field.trim().toLowerCase());
      for (const name of ['emotion', 'pixels', 'usage']) {
        const times = header.filter((field) => field === name).length;
        if (times > 1 || (times === 0 && name !== 'usage')) return undefined;
      }
      continue;
    }
    const verdict = record === 'broken' ? { column: undefined } : judge(record, header);
    if (typeof verdict === 'string') rows.push(`${index + 1},${verdict}`);
    else bad.push({ row: index + 1, ...verdict });
  }
  return rows.length + bad.length > 0 ? { rows, bad } : undefined;
}

function judge(record: readonly string[], header: readonly string[]): string | { column: string | undefined } {
  if (record.length !== header.length) return { column: undefined };
  const get = (name: string) => record[header.indexOf(name)]?.trim();
  const emotion = get('emotion');
  if (!['0', '1', '2', '3', '4', '5', '6'].includes(emotion)) return { column: 'emotion' };
  const pixels = get('pixels').split(/\s+/);
  const fine = pixels.every((p) => p.length <= 3 && [...p].every((c) => '0123456789'.includes(c)) && Number(p) < 256);
  if (!fine || pixels.length !== 2304 || pixels.includes('')) return { column: 'pixels' };
  const usage = header.includes('usage') ? get('usage') : 'Training';
  if (!['Training', 'PublicTest', 'PrivateTest'].includes(usage)) return { column: 'Usage' };
  return `${emotion},${usage},${pixels.map(Number).join(' ')}`;
}

/** Records of fields; `broken` where text follows a closing quote; `undefined` where a quote is never closed. */
function cut(text: string): (string[] | 'broken')[] | undefined {
  const records: (string[] | 'broken')[] = [];
  let fields: string[] = [];
  let field = '';
  let broken = false;
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  const endField = () => {
    fields.push(field);
    field = '';
    state = 'start';
  };
  const endRecord = () => {
    endField();
    records.push(broken ? 'broken' : fields);
    fields = [];
    broken = false;
  };
  const characters = [...text.replace(/\r\n|\r/g, '\n')];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i];
    if (state === 'quoted') {
      if (c !== '"') field += c;
      else if (characters[i + 1] === '"') field += characters[i++];
      else state = 'closed';
    } else if (c === ',') endField();
    else if (c === '\n') endRecord();
    else if (state === 'closed') broken ||= c.trim() !== '';
    else if (state === 'start' && c === '"') {
      state = 'quoted';
      field = '';
    } else {
      field += c;
      if (c.trim() !== '') state = 'plain';
    }
  }
  if (state === 'quoted') return undefined;
  if (field !== '' || fields.length > 0 || state === 'closed') endRecord();
  return records;
}

/** HTML in which all inserted text has been escaped. */
export class SafeHtml {
  constructor(readonly text: string) {}
}

/** The parts of an {@link html} template: text, which is escaped, and HTML, which is not. */
export type HtmlPart = string | number | SafeHtml | readonly HtmlPart[];

/** A template tag that escapes inserted text, for element content and double-quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: HtmlPart[]): SafeHtml {
  return new SafeHtml(String.raw({ raw: strings }, ...parts.map(toText)));
}

/** Marks our own HTML as safe, such as rendered SVG and our style sheet. */
export function trusted(text: string): SafeHtml {
  return new SafeHtml(text);
}

function toText(part: HtmlPart): string {
  if (part instanceof SafeHtml) return part.text;
  if (typeof part === 'object') return part.map(toText).join('');
  return String(part).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

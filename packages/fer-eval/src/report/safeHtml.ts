/** HTML that is safe to send: everything put into it was escaped. */
export class SafeHtml {
  constructor(readonly text: string) {}
}

/** What an {@link html} template takes: text, which is escaped, and HTML, which is not. */
export type HtmlPart = string | number | SafeHtml | readonly HtmlPart[];

/** A template that escapes what is put into it, in text and between the double quotes of attributes. */
export function html(strings: TemplateStringsArray, ...parts: HtmlPart[]): SafeHtml {
  return new SafeHtml(String.raw({ raw: strings }, ...parts.map(toText)));
}

/** Text that is HTML already, of our own making: rendered SVG, our style sheet. */
export function trusted(text: string): SafeHtml {
  return new SafeHtml(text);
}

function toText(part: HtmlPart): string {
  if (part instanceof SafeHtml) return part.text;
  if (typeof part === 'object') return part.map(toText).join('');
  return String(part).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

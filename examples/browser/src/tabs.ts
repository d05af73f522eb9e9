/** A tab list. */
export interface Tabs {
  /** Whether the panel with this id is shown. */
  isShown(panel: string): boolean;
  /** Shows the panel with this id. */
  select(panel: string): void;
}

/**
 * Adds the behaviour of the ARIA Authoring Practices to a tab list: arrow keys, Home and End move between tabs.
 */
export function makeTabs(list: HTMLElement, onChange: () => void): Tabs {
  const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
  const isShown = (tab: HTMLElement): boolean => tab.ariaSelected === 'true';
  const select = (chosen: HTMLElement): void => {
    for (const tab of tabs) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')!)!.hidden = tab !== chosen;
    }
    onChange();
  };
  for (const tab of tabs) tab.addEventListener('click', () => select(tab));
  list.addEventListener('keydown', (event) => {
    const at = tabs.findIndex(isShown);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    const next = to === undefined ? undefined : tabs.at(to % tabs.length);
    if (!next) return;
    event.preventDefault();
    select(next);
    next.focus();
  });
  const tabOf = (panel: string): HTMLElement => tabs.find((tab) => tab.getAttribute('aria-controls') === panel)!;
  return {
    isShown: (panel) => isShown(tabOf(panel)),
    select: (panel) => select(tabOf(panel)),
  };
}

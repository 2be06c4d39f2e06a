// @ts-check
// Draws the list of sessions beside it as a calendar. Loaded only where somebody asked for it; the list stays below.
(() => {
  'use strict';
  const library = /** @type {any} */ (window)['FullCalendar'];

  /**
   * The library names parts of its grid by labels and hides their text, and gives links the role of list items: what is to
   * be read is what stands there. It draws anew whenever somebody turns a page, so this follows.
   * @param {HTMLElement} box
   */
  function mend(box) {
    for (const one of box.querySelectorAll('[role=columnheader], [role=gridcell]')) {
      one.removeAttribute('aria-label');
      for (const hidden of one.querySelectorAll('[aria-hidden=true]')) hidden.removeAttribute('aria-hidden');
    }
    for (const one of box.querySelectorAll('[role=rowheader]'))
      if ((one.textContent ?? '').trim() === '') one.setAttribute('role', 'gridcell');
    for (const link of box.querySelectorAll('a[role=listitem]')) {
      link.removeAttribute('role');
      link.closest('[role=list]')?.removeAttribute('role');
    }
  }

  /** @param {HTMLElement} box */
  function draw(box) {
    const source = document.getElementById(box.dataset['calendar'] ?? '');
    if (!source) return;
    const { events, locale, zone, date } = JSON.parse(source.textContent ?? '{}');
    box.hidden = false;
    new window.MutationObserver(() => mend(box)).observe(box, { childList: true, subtree: true });
    const small = window.matchMedia('(max-width: 640px)').matches;
    new library.Calendar(box, {
      events,
      locale,
      timeZone: zone,
      initialDate: date,
      initialView: small ? 'listMonth' : 'dayGridMonth',
      height: 'auto',
      headerToolbar: { start: 'prev,next', center: 'title', end: 'dayGridMonth,timeGridWeek,listMonth' },
      eventTimeFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
      // Whole weeks of another month would ask for days that the list does not hold.
      datesSet: () => undefined,
    }).render();
  }

  if (!library) return;
  for (const box of document.querySelectorAll('[data-calendar][hidden]'))
    if (box instanceof HTMLElement) draw(box);
})();

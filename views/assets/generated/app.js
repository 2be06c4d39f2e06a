// @ts-check
// Linli's own script: small comforts over pages that work without it.
(() => {
  'use strict';

  /** Error summaries take the focus, so that a screen reader starts there. @param {ParentNode} root */
  function focusErrors(root) {
    const summary = root.querySelector('[data-focus]');
    if (summary instanceof HTMLElement) summary.focus();
  }

  /** Links of an error summary go to the field itself, not only to its place on the page. @param {MouseEvent} event */
  function focusField(event) {
    const link = event.target instanceof Element ? event.target.closest('.error-summary a[href^="#"]') : null;
    const field = link ? document.getElementById(link.getAttribute('href')?.slice(1) ?? '') : null;
    if (!field) return;
    event.preventDefault();
    field.focus({ preventScroll: true });
    (field.closest('.field') ?? field).scrollIntoView({ block: 'start' });
  }

  /** Open menus close on a press elsewhere and on Escape. @param {Event} event */
  function closeMenus(event) {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      const inside = event.target instanceof Node && menu.contains(event.target);
      if (event.type === 'click' && inside) continue;
      menu.removeAttribute('open');
      if (event.type === 'keydown' && inside) menu.querySelector('summary')?.focus();
    }
  }

  /** @param {Element} form */
  function allowAgain(form) {
    form.removeAttribute('data-sent');
    form.removeAttribute('aria-busy');
  }

  /**
   * A form that was kept when the sign-in ended bears a token of nobody: once somebody signed in in another window it takes theirs,
   * so that it is sent by one press. @param {SubmitEvent} event
   */
  async function renewToken(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !('renew' in form.dataset)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    delete form.dataset['renew'];
    const page = await fetch('/account/proof').then(
      (answer) => answer.text(),
      () => '',
    );
    const found = new DOMParser().parseFromString(page, 'text/html').querySelector('[name=_csrf]');
    const own = form.elements.namedItem('_csrf');
    if (found instanceof HTMLInputElement && own instanceof HTMLInputElement) own.value = found.value;
    form.requestSubmit();
  }

  /** A second press of the same button within one page load is not sent; the server would ignore it anyway. @param {SubmitEvent} event */
  function sendOnce(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== 'post') return;
    if (form.dataset['sent'] === 'yes') return event.preventDefault();
    form.dataset['sent'] = 'yes';
    form.setAttribute('aria-busy', 'true');
    // A download leaves the page as it is: the button must work again.
    setTimeout(() => allowAgain(form), 4000);
  }

  /** `data-submit-on-change` on a select or radio sends its form at once. @param {Event} event */
  function submitOnChange(event) {
    const control = event.target;
    if (control instanceof Element && control.matches('[data-submit-on-change]'))
      control.closest('form')?.requestSubmit();
  }

  /** `data-copy="text"` buttons copy and say so. @param {MouseEvent} event */
  async function copy(event) {
    const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null;
    if (!(button instanceof HTMLElement)) return;
    await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
    if (button.dataset['copied']) button.textContent = button.dataset['copied'];
  }

  /** `data-print` buttons print. @param {MouseEvent} event */
  function print(event) {
    if (event.target instanceof Element && event.target.closest('[data-print]')) window.print();
  }

  document.addEventListener('click', (event) => {
    focusField(event);
    closeMenus(event);
    print(event);
    void copy(event);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closeMenus(event);
  });
  document.addEventListener('submit', (event) => void renewToken(event));
  document.addEventListener('submit', sendOnce);
  document.addEventListener('change', submitOnChange);
  // A page taken back from the browser's memory may be sent again.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) allowAgain(form);
  });
  document.addEventListener('DOMContentLoaded', () => {
    focusErrors(document);
  });
  document.addEventListener('htmx:afterSwap', (event) => {
    const root = event.target instanceof Element ? event.target : document;
    focusErrors(root.parentElement ?? root);
  });
})();

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

  /**
   * Draws the plain list of points as a map: our boundary, no tiles. With `pick` a press writes the place into two fields.
   * @param {ParentNode} root
   */
  function drawMaps(root) {
    const leaflet = /** @type {any} */ (window)['L'];
    if (!leaflet) return;
    for (const box of root.querySelectorAll('[data-map][hidden]')) {
      if (!(box instanceof HTMLElement)) continue;
      const source = document.getElementById(box.dataset['map'] ?? '');
      if (!source) continue;
      const { points, boundary, pick, note } = JSON.parse(source.textContent ?? '{}');
      box.hidden = false;
      const map = leaflet.map(box, { scrollWheelZoom: false, zoomSnap: 0.25, attributionControl: false });
      leaflet.control
        .attribution({ prefix: false })
        .addAttribution(leaflet.Util.template('{note}', { note }))
        .addTo(map);
      const shown = leaflet.featureGroup().addTo(map);
      if (boundary) leaflet.geoJSON(boundary, { interactive: false, className: 'map-boundary' }).addTo(shown);
      const icon = leaflet.divIcon({
        className: 'map-pin',
        iconSize: [28, 36],
        iconAnchor: [14, 35],
        popupAnchor: [0, -32],
      });
      for (const point of points ?? []) {
        const marker = leaflet
          .marker([point.lat, point.lng], { icon, title: point.label, alt: point.label })
          .addTo(shown);
        const popup = document.createElement(point.href ? 'a' : 'span');
        popup.textContent = point.label;
        if (popup instanceof HTMLAnchorElement) popup.href = point.href;
        marker.bindPopup(popup);
      }
      if (pick) pickPlace(leaflet, map, pick, icon);
      if (shown.getLayers().length > 0) map.fitBounds(shown.getBounds().pad(0.08), { maxZoom: 14 });
      else map.setView([29.8, 119.69], 9);
    }
  }

  /** @param {any} leaflet @param {any} map @param {{lat: string, lng: string}} pick ids of the two fields @param {any} icon */
  function pickPlace(leaflet, map, pick, icon) {
    const lat = document.getElementById(pick.lat);
    const lng = document.getElementById(pick.lng);
    if (!(lat instanceof HTMLInputElement) || !(lng instanceof HTMLInputElement)) return;
    const marker = leaflet.marker([0, 0], { icon, keyboard: false });
    if (lat.value && lng.value) marker.setLatLng([Number(lat.value), Number(lng.value)]).addTo(map);
    map.on('click', (/** @type {any} */ event) => {
      marker.setLatLng(event.latlng).addTo(map);
      lat.value = event.latlng.lat.toFixed(5);
      lng.value = event.latlng.lng.toFixed(5);
    });
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
  document.addEventListener('submit', sendOnce);
  document.addEventListener('change', submitOnChange);
  // A page taken back from the browser's memory may be sent again.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) allowAgain(form);
  });
  document.addEventListener('DOMContentLoaded', () => {
    focusErrors(document);
    drawMaps(document);
  });
  document.addEventListener('htmx:afterSwap', (event) => {
    const root = event.target instanceof Element ? event.target : document;
    focusErrors(root.parentElement ?? root);
    drawMaps(root.parentElement ?? root);
  });
})();

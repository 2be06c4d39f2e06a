// @ts-check
// Draws the plain list of points beside it as a map: our boundary, no tiles. Loaded only by pages that hold one.
(() => {
  'use strict';
  const leaflet = /** @type {any} */ (window)['L'];
  /** Pins nearer than this stand as one: each must be large enough for a finger. */
  const APART_PX = 44;

  /** What stands over the map's corners must not cover a pin. */
  const ROOM = { paddingTopLeft: [68, 44], paddingBottomRight: [24, 36], maxZoom: 14 };

  /** @typedef {{lat: number, lng: number, label: string, href?: string}} Point */

  /** @param {Element} root */
  function drawMaps(root) {
    for (const box of root.querySelectorAll('[data-map][hidden]')) {
      const source = box instanceof HTMLElement ? document.getElementById(box.dataset['map'] ?? '') : null;
      if (source && box instanceof HTMLElement) draw(box, JSON.parse(source.textContent ?? '{}'));
    }
  }

  /** @param {HTMLElement} box @param {{points?: Point[], boundary?: object, pick?: {lat: string, lng: string}, note: string}} data */
  function draw(box, { points = [], boundary, pick, note }) {
    box.hidden = false;
    const map = leaflet.map(box, { scrollWheelZoom: false, zoomSnap: 0.25, attributionControl: false });
    const attribution = leaflet.control.attribution({ prefix: false });
    attribution.addAttribution(leaflet.Util.template('{note}', { note })).addTo(map);
    const shown = leaflet.featureGroup().addTo(map);
    if (boundary) leaflet.geoJSON(boundary, { interactive: false, className: 'map-boundary' }).addTo(shown);
    if (pick) pickPlace(map, pick);
    const bounds = leaflet.latLngBounds(points.map((point) => [point.lat, point.lng]));
    if (boundary) bounds.extend(shown.getBounds());
    if (bounds.isValid()) map.fitBounds(bounds, ROOM);
    else map.setView([29.8, 119.69], 9);
    const pins = leaflet.layerGroup().addTo(map);
    map.on('zoomend', () => placePins(map, pins, points));
    // Leaflet hears Escape only while the map itself has the focus, not one of its pins or the list that a pin opened.
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      pins.eachLayer((/** @type {any} */ marker) => {
        if (!marker.isPopupOpen()) return;
        marker.closePopup();
        marker.getElement()?.focus();
      });
    });
    placePins(map, pins, points);
  }

  /** @param {any} map @param {any} pins @param {Point[]} points */
  function placePins(map, pins, points) {
    /** @type {{at: any, points: Point[]}[]} */
    const groups = [];
    for (const point of points) {
      const at = map.latLngToLayerPoint([point.lat, point.lng]);
      const near = groups.find((group) => group.at.distanceTo(at) < APART_PX);
      if (near) near.points.push(point);
      else groups.push({ at, points: [point] });
    }
    pins.clearLayers();
    for (const { at, points: together } of groups) {
      const label = [...new Set(together.map((point) => point.label))].join(', ');
      const icon = pin(together.length > 1 ? String(together.length) : '');
      const marker = leaflet.marker(map.layerPointToLatLng(at), { icon, title: label, alt: label });
      marker.bindPopup(listOf(together)).addTo(pins);
    }
  }

  /** @param {string} text */
  const pin = (text) =>
    leaflet.divIcon({
      className: text ? 'map-pin map-pin-many' : 'map-pin',
      html: text,
      iconSize: [28, 36],
      iconAnchor: [14, 35],
      popupAnchor: [0, -32],
    });

  /** @param {Point[]} points */
  function listOf(points) {
    const list = document.createElement('ul');
    list.className = 'map-popup';
    for (const point of points) {
      const entry = list.appendChild(document.createElement('li'));
      const text = entry.appendChild(document.createElement(point.href ? 'a' : 'span'));
      text.textContent = point.label;
      if (text instanceof HTMLAnchorElement) text.href = point.href ?? '';
    }
    return list;
  }

  /** A press writes the place into two fields. @param {any} map @param {{lat: string, lng: string}} pick ids of the two fields */
  function pickPlace(map, pick) {
    const lat = document.getElementById(pick.lat);
    const lng = document.getElementById(pick.lng);
    if (!(lat instanceof HTMLInputElement) || !(lng instanceof HTMLInputElement)) return;
    const marker = leaflet.marker([0, 0], { icon: pin(''), keyboard: false });
    if (lat.value && lng.value) marker.setLatLng([Number(lat.value), Number(lng.value)]).addTo(map);
    map.on('click', (/** @type {any} */ event) => {
      marker.setLatLng(event.latlng).addTo(map);
      lat.value = event.latlng.lat.toFixed(5);
      lng.value = event.latlng.lng.toFixed(5);
    });
  }

  if (!leaflet) return;
  drawMaps(document.documentElement);
  document.addEventListener('htmx:afterSwap', () => drawMaps(document.documentElement));
})();

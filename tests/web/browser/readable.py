"""What is asked of every page: names of controls, text that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ASKED = {
    *("button", "link", "textbox", "combobox", "checkbox", "radio", "slider", "spinbutton"),
    *("image", "progressbar", "dialog", "DisclosureTriangle", "Iframe", "listbox"),
}
"""Roles that need a name, as Chromium calls them."""
# text that is hard to read: WCAG 2.2, success criterion 1.4.3
FAINT = """
() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return text.startsWith("color(") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((x, k) => a * x + (1 - a) * under[k]);
  const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  const light = (color) => {
    const [r, g, b] = color.map((x) => linear(x / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const ground = (element) => element
    ? over(parse(getComputedStyle(element).backgroundColor), ground(element.parentElement))
    : dark ? [18, 18, 18] : [255, 255, 255];
  const opacity = (element) =>
    element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1;
  const exempt = "script, noscript, option, :disabled, [aria-disabled=true], .unseen";
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let looked = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest(exempt)) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const under = ground(element), [r, g, b, a] = parse(style.color);
    const both = [light(over([r, g, b, a * opacity(element)], under)), light(under)];
    const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    looked += 1;
    if (contrast < (large ? 3 : 4.5)) found.push(`${text.slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return { looked, found };
}
"""


def check(page: Page, *, named: int) -> None:
    """Every control has a name, at least so many are there, and all text can be read, by day and by
    night; leaves the page 360 px wide, where nothing is too wide."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    controls = [node for node in tree["nodes"] if node.get("role", {}).get("value") in ASKED]
    assert len(controls) >= named
    for node in controls:
        assert node["ignored"] or node.get("name", {}).get("value", "").strip(), node
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        read = page.evaluate(FAINT)
        assert read["looked"] > 15 and read["found"] == [], scheme
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

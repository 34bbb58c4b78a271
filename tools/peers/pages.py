# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of `interlith report` in headless Chromium, on screen, phone and paper.

    pages.py --interlith FILE --work DIR [RUN_DIR ...]

Without run folders it makes a small run of each kind. Every page must load nothing from elsewhere, hold no script, fit its
width outside of containers that scroll, decode all its pictures, have a glyph for every character, headings in order, enough
contrast, no message on the console, and nothing cut off in print. Exit code 1 when one does not. Needs chromium and
pdftotext (Debian: chromium, poppler-utils).
"""
import argparse
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
WIDTHS = (1280, 390)
A4 = (595.3, 841.9)     # points
MARGIN = 15 / 25.4 * 72  # of the page's own @page rule

HARNESS = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body style="margin:0">
<iframe id="page" src="%(url)s" style="width:%(width)dpx;height:4000px;border:0"></iframe><pre id="verdict"></pre><script>
const complaints = [];
function luminance(rgb) {
    return rgb.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
              .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
}
function color(text) { return text.match(/[\\d.]+/g).map(Number); }
function paper(view, e) {
    for (; e; e = e.parentElement) {
        const c = color(view.getComputedStyle(e).backgroundColor);
        if (c.length < 4 || c[3] > 0) return c.slice(0, 3);
    }
    return [255, 255, 255];
}
function boxes(doc, view) {
    for (const e of doc.body.querySelectorAll('*')) {
        const box = e.getBoundingClientRect(), name = e.tagName + '.' + e.className + ' "' + e.textContent.slice(0, 40) + '"';
        if (!e.closest('.scroll > *') && (box.right > %(width)d + 0.5 || box.left < -0.5))
            complaints.push('wider than the page: ' + name);
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
        const ink = luminance(color(view.getComputedStyle(e).color)), back = luminance(paper(view, e));
        const contrast = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
        if (contrast < 4.5) complaints.push('contrast ' + contrast.toFixed(2) + ': ' + name);
    }
    if (doc.documentElement.scrollWidth > %(width)d) complaints.push('the page scrolls sideways');
}
function glyphs(doc, view) {
    const text = new Set(doc.body.innerText), canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    canvas.width = canvas.height = 48;
    const drawn = c => {
        pen.clearRect(0, 0, 48, 48);
        pen.font = '24px ' + view.getComputedStyle(doc.body).fontFamily;
        pen.fillText(c, 8, 32);
        return pen.getImageData(0, 0, 48, 48).data.join();
    };
    const missing = new Set(['\\u0378', '\\u{10fffe}', '\\ufffd'].map(drawn));
    for (const c of text)
        if (c.trim() && missing.has(drawn(c))) complaints.push('no glyph for U+' + c.codePointAt(0).toString(16));
}
document.getElementById('page').onload = event => {
    const doc = event.target.contentDocument, view = event.target.contentWindow;
    for (const i of doc.images) if (!i.complete || !(i.naturalWidth > 0)) complaints.push('picture without a width: ' + i.alt);
    for (const i of doc.images) if (!i.alt.trim()) complaints.push('picture without words');
    boxes(doc, view);
    glyphs(doc, view);
    const levels = [...doc.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1]);
    if (levels.filter(n => n === 1).length !== 1 || levels[0] !== 1) complaints.push('not one heading of the first level');
    levels.forEach((n, k) => { if (k && n > levels[k - 1] + 1) complaints.push('headings jump to level ' + n); });
    if (doc.documentElement.lang !== 'en' || !doc.title.trim()) complaints.push('no language or title');
    const result = {complaints, pictures: doc.images.length, tables: doc.querySelectorAll('table').length,
                    characters: doc.body.innerText.length};
    document.getElementById('verdict').textContent = 'VERDICT' + JSON.stringify(result) + 'END';
};
</script></body></html>
"""


def chromium(program, work, *arguments):
    with tempfile.TemporaryDirectory(dir=work) as profile:
        return subprocess.run(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}",
             "--enable-logging=stderr", "--v=0", "--allow-file-access-from-files", "--virtual-time-budget=20000", *arguments],
            capture_output=True, text=True, timeout=180, check=False)


def static_complaints(text):
    """What no page may hold: anything that is loaded, anything that runs."""
    markup = re.sub(r'src="data:image/(png|svg\+xml);base64,[A-Za-z0-9+/=]*"', "", text)
    for pattern in (r"<script", r"<link", r"<iframe", r"<object", r"<embed", r"\bon\w+=", r"@import", r"\burl\(", r"javascript:"):
        if re.search(pattern, re.sub(r"<pre>.*?</pre>", "", markup, flags=re.S), re.I):
            yield f"the markup holds {pattern}"
    for kind, target in re.findall(r'\b(src|href)\s*=\s*"([^"]*)"', markup):
        if not (kind == "href" and target.startswith("https://doi.org/")):
            yield f"{kind} to {target[:60]}"
    try:
        tree.fromstring(text.replace("<!DOCTYPE html>", "", 1))
    except tree.ParseError as error:
        yield f"not well-formed: {error}"


def screen_complaints(program, page, work, width):
    harness = work / "harness.html"
    harness.write_text(HARNESS % {"url": page.as_uri(), "width": width})
    done = chromium(program, work, f"--window-size={max(width, 500)},4200", "--dump-dom", harness.as_uri())
    found = re.search(r"VERDICT(\{.*\})END", html.unescape(done.stdout), re.S)
    if not found:
        yield f"Chromium gave no verdict: {done.stderr[-300:]}"
        return
    verdict = json.loads(found[1])
    yield from verdict["complaints"]
    if verdict["characters"] < 500:
        yield f"only {verdict['characters']} characters of text"
    for line in done.stderr.splitlines():
        if "CONSOLE" in line:
            yield f"console: {line.strip()[:200]}"


def print_complaints(program, page, work):
    """Every word lies within the margins of an A4 page."""
    paper, words = work / "page.pdf", work / "page.words"
    chromium(program, work, "--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri())
    subprocess.run(["pdftotext", "-bbox", str(paper), str(words)], check=True)
    text = words.read_text(errors="replace")
    sizes = set(re.findall(r'<page width="([\d.]+)" height="([\d.]+)"', text))
    if any(abs(float(w) - A4[0]) > 1 or abs(float(h) - A4[1]) > 1 for w, h in sizes) or not sizes:
        yield f"the paper is not A4: {sizes}"
    for x0, x1, word in re.findall(r'<word xMin="([-\d.]+)" yMin="[-\d.]+" xMax="([-\d.]+)" yMax="[-\d.]+">(.*?)</word>', text):
        if float(x0) < MARGIN - 2 or float(x1) > A4[0] - MARGIN + 2:
            yield f"cut off in print: {word}"
    if "\ufffd" in text:
        yield "U+FFFD in print"


def small_runs(interlith, work):
    """One run of each kind; a few seconds each. The name of one input is what a page must escape."""
    pmmcs, li = TOP / "potentials/pmmcs.yaml", TOP / "potentials/li.yaml"
    odd = work / "a<b>&'c\".cif"
    shutil.copy(TOP / "structures/LGP.cif", odd)
    fast = ["--short-cutoff", "6", "--coulomb-cutoff", "6", "--coulomb-accuracy", "1e-3", "--quiet"]
    runs = {
        "md": ["md", odd, "-p", pmmcs, "--stages", "nvt 300 K 0.2 ps, npt 300 K 0.4 ps", *fast],
        "diffuse": ["diffuse", TOP / "structures/LAGP.cif", "-p", pmmcs, "--temperatures", "1200,1600", "--time", "1",
                    "--equilibrate", "0.1", "--frame-time", "6", *fast],
        "lithiate": ["lithiate", TOP / "structures/LAGP.cif", "-p", TOP / "potentials/lagp-lithiation.yaml", "--x", "0,0.34,0.67",
                     "--realisations", "2", "--reverse", "--metal", TOP / "structures/Li.cif", "--metal-model", li,
                     "--force-tolerance", "0.05", "--stress-tolerance", "1e-3", *fast],
        "interface": ["interface", TOP / "structures/Li.cif", "dol", "-p", TOP / "potentials/li-pdol.yaml", "--miller-a", "1,1,0",
                      "--samples", "2", "--force-tolerance", "0.3", "--quiet"],
    }
    for name, arguments in runs.items():
        folder = work / name
        shutil.rmtree(folder, ignore_errors=True)  # of another build
        done = subprocess.run([interlith, *map(str, arguments), "-o", str(folder)], capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise SystemExit(f"pages.py: the run of {name} failed: {done.stderr}")
        yield folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--interlith", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("folders", nargs="*", type=Path)
    o = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program or not shutil.which("pdftotext"):
        sys.exit("pages.py: needs chromium and pdftotext to look at the pages (Debian: apt install chromium poppler-utils)")
    o.work.mkdir(parents=True, exist_ok=True)
    work, failed = o.work.resolve(), 0
    for folder in o.folders or small_runs(o.interlith, work):
        into = work / "pages" / folder.resolve().name
        subprocess.run([o.interlith, "report", str(folder), "-o", str(into), "--quiet"], check=True, stdout=subprocess.DEVNULL)
        page = into / "report.html"
        complaints = list(static_complaints(page.read_text()))
        for width in WIDTHS:
            complaints += [f"{width} px: {c}" for c in screen_complaints(program, page, work, width)]
        complaints += print_complaints(program, page, work)
        print(f"page of {folder.name}: {'; '.join(complaints[:8]) if complaints else 'as it should be'}"
              f" ({page.stat().st_size / 1e6:.1f} MB)")
        failed += bool(complaints)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

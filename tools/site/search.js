// Search in headings and names. The index lies in index.js, so that it works from a folder, too: no server, no network.
const box = document.querySelector('.search'), field = box.querySelector('input'), found = box.querySelector('.found')
const root = document.documentElement.dataset.root
box.hidden = false

function rank([title, page, url], words) { // lower is better, -1: not found
  const all = (title + ' ' + page).toLowerCase(), head = title.toLowerCase()
  if (!words.every(w => all.includes(w))) return -1
  const kind = !url.includes('#') ? 0 : /\w\.\w/.test(title) ? .9 : .4                // pages, then headings and names, then methods
  return kind + (head === words.join(' ') ? 0 : words.every(w => head.includes(w)) ? 1 : 2)
}

function show() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
  found.replaceChildren()
  if (!words.length) return
  const hits = INDEX.map(e => [rank(e, words), e]).filter(h => h[0] >= 0).sort((a, b) => a[0] - b[0]).slice(0, 12)
  const line = document.createElement('p')
  line.textContent = hits.length ? (hits.length < 12 ? hits.length + ' found' : 'the first 12') : 'nothing found'
  found.append(line)
  for (const [, [title, page, url]] of hits) {
    const a = document.createElement('a'), where = document.createElement('small')
    a.href = root + url; a.textContent = title; where.textContent = page; a.append(where); found.append(a)
  }
}

field.addEventListener('input', show)
document.addEventListener('keydown', e => {
  if (e.key === '/' && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { e.preventDefault(); field.focus() }
  if (e.key === 'Escape' && box.contains(document.activeElement)) { field.value = ''; show(); field.focus() }
  if (e.key === 'Enter' && document.activeElement === field) found.querySelector('a')?.click()
})
document.addEventListener('click', e => { if (!box.contains(e.target)) found.replaceChildren() })

// What is too wide scrolls in its own box; the keyboard must be able to reach it.
for (const e of document.querySelectorAll('pre, .out, .scroll, .formula')) if (e.scrollWidth > e.clientWidth) e.tabIndex = 0

// What a hit of the search shows begins at the words that were looked for, and not in the table of contents.
function excerpt(page) {
  const text = new DOMParser().parseFromString(page, 'text/html').querySelector('article')?.textContent ?? ''
  const words = new URLSearchParams(location.search).get('q') ?? ''
  return text.slice(Math.max(text.toLowerCase().indexOf(words.trim().toLowerCase()) - 100, 0))
}

// A tap on a figure enlarges it; a tap, or Esc, closes it again.
const dialog = document.createElement('dialog')
dialog.className = 'enlarged'
dialog.addEventListener('click', () => dialog.close())
addEventListener('keydown', e => { if (e.key === 'Escape') dialog.close() }, true)      // the theme keeps Esc for itself

function enlarge(img) {
  const copy = img.cloneNode()
  copy.removeAttribute('style')
  dialog.replaceChildren(copy)
  dialog.showModal()
}

// The sidebar shows the current page: the theme forgets it on a phone, and when another page was open before.
function showCurrent() {
  const link = [...document.querySelectorAll('.bd-sidebar-primary li.current > a')].at(-1)
  const top = link?.getBoundingClientRect().top
  if (top < 100 || top > innerHeight - 100) link.closest('.bd-sidebar-primary').scrollTop += top - innerHeight / 2
}

addEventListener('load', showCurrent)
document.addEventListener('DOMContentLoaded', () => {
  if (typeof Search === 'object') Search.htmlToText = excerpt
  document.querySelector('.primary-toggle')?.addEventListener('click', () => setTimeout(showCurrent, 100))
  document.body.append(dialog)
  for (const img of document.querySelectorAll('article img')) {
    if (img.closest('a')) continue
    img.tabIndex = 0
    img.role = 'button'
    img.addEventListener('click', () => enlarge(img))
    img.addEventListener('keydown', e => { if (e.key === 'Enter') enlarge(img) })
  }
})

// Says in the page what went wrong with a passkey or security key; without it only the console would know.
const REFUSED = new Set(['NotAllowedError', 'AbortError'])

function place () {
  let alert = document.getElementById('webauthn-error')
  if (!alert) {
    alert = document.createElement('div')
    alert.id = 'webauthn-error'
    alert.className = 'alert alert-danger'
    alert.setAttribute('role', 'alert')
    document.querySelector('main .card-body')?.prepend(alert)
  }
  return alert
}

document.addEventListener('allauth.error', event => {
  event.preventDefault()
  const texts = document.getElementById('webauthn-texts')?.dataset ?? {}
  const refused = REFUSED.has(event.detail?.exception?.name)
  place().textContent = (refused ? texts.refused : texts.failed) ?? 'The key did not answer.'
})

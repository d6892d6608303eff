{% load i18n %}/* Shows push messages and opens what they are about. */
self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data ? event.data.json() : {};
  } catch (error) {
    message = {};
  }
  const title = message.title || "{% translate 'A new alert' as fallback %}{{ fallback|escapejs }}";
  event.waitUntil(self.registration.showNotification(title, { tag: message.tag, data: { path: message.path || "/alerts/" } }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.path, self.location.origin);
  if (url.origin === self.location.origin) event.waitUntil(self.clients.openWindow(url.href));
});

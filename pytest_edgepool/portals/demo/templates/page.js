const fill = async (box, part) => {
  const answer = await fetch('/order_headers/{{ order.number }}/parts/' + part);
  box.innerHTML = await answer.text();
  box.removeAttribute('aria-busy');
};
{% if view.is_lazy %}
fill(document.getElementById('attachments'), 'attachments');
{% endif %}
{% if view.tab %}
const tabs = Array.from(document.querySelectorAll('[role=tab]'));
for (const tab of tabs) {
  tab.addEventListener('click', () => {
    for (const other of tabs) {
      other.setAttribute('aria-selected', String(other === tab));
      document.getElementById(other.getAttribute('aria-controls')).hidden = other !== tab;
    }
    const panel = document.getElementById(tab.getAttribute('aria-controls'));
    if (panel.id !== 'panel-lines' || panel.childElementCount || panel.dataset.asked) { return; }
    panel.dataset.asked = 'yes';
    {% if view.mark == "aria-busy" %}panel.setAttribute('aria-busy', 'true');{% endif %}
    {% if view.mark == "spinner" %}panel.innerHTML = '<div class="loading"><i class="spinner"></i></div>';{% endif %}
    fill(panel, 'lines');
  });
}
document.getElementById('cancel').addEventListener('click', () => fetch('/hostile/cancel', { method: 'POST' }));
{% endif %}
{% if view.is_pressed %}
const files = {{ files|tojson }};
const bring = {
  'press-location': (file) => { location.href = file.address; },
  'press-window': (file) => { window.open(file.address); },
  'press-blob': async (file) => {
    const answer = await fetch(file.address);
    if (!answer.ok) { return; }
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await answer.blob());
    link.download = file.name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  },
  'press-form': (file) => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = file.address;
    document.body.append(form);
    form.submit();
    form.remove();
  },
};
document.addEventListener('click', (event) => {
  const pressed = event.target.closest('.attachment-file[data-id]');
  if (pressed) { bring[files[pressed.dataset.id].kind](files[pressed.dataset.id]); }
});
{% endif %}

import { html, nothing, type TemplateResult } from 'lit'

const bone = (kind: string) => html`<span class="bone ${kind}"></span>`

/** The layout of the element before there is anything to show; `label` says so to those who do not see it. */
export const skeleton = (
  label: string,
  hasHeader: boolean,
): TemplateResult => html`<div class="skeleton" aria-hidden="true">
    ${hasHeader ? html`<div class="header">${bone('short')}</div>` : nothing}
    <div class="bones">
      ${['long', 'half', 'long', 'short', 'half'].map(
        (kind) =>
          html`<div class="bone-row">${bone('face')}<div class="lines">${bone('name')}${bone(kind)}</div></div>`,
      )}
    </div>
  </div>
  <span class="visually-hidden">${label}</span>`

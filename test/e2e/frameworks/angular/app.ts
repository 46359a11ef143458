import '@angular/compiler'
import { Component, CUSTOM_ELEMENTS_SCHEMA, type ElementRef, signal, ViewChild } from '@angular/core'
import { bootstrapApplication } from '@angular/platform-browser'
import { type Scene, start } from '../start.js'

start(async (_, hear) => {
  const scene = signal<Partial<Scene>>({})

  @Component({
    selector: '#app',
    schemas: [CUSTOM_ELEMENTS_SCHEMA],
    template: `
      @if (scene().shown) {
        <rai-leaderboard
          #board
          [attr.api-url]="scene().apiUrl"
          [attr.api-key]="scene().apiKey"
          [attr.board]="scene().board"
          [limit]="scene().limit"
          [withoutHeader]="scene().withoutHeader"
          [renderRow]="scene().renderRow"
          [getToken]="scene().getToken"
          (rai-rank-change)="hear($event)"
        >
          @if (scene().title; as title) {
            <b slot="header">{{ title }}</b>
          }
        </rai-leaderboard>
      }
    `,
  })
  class App {
    readonly scene = scene
    readonly hear = hear

    @ViewChild('board') set board(ref: ElementRef<HTMLElement> | undefined) {
      ref?.nativeElement.addEventListener('rai-load', hear)
    }
  }

  const app = await bootstrapApplication(App)
  return { draw: scene.set, unmount: () => app.destroy() }
})

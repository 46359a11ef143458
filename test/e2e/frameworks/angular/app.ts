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
        @switch (scene().tag) {
          @case ('rai-leaderboard') {
            <rai-leaderboard
              #widget
              [attr.api-url]="scene().apiUrl"
              [attr.api-key]="scene().apiKey"
              [attr.board]="scene().what"
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
          @case ('rai-store') {
            <rai-store
              #widget
              [attr.api-url]="scene().apiUrl"
              [attr.api-key]="scene().apiKey"
              [attr.category]="scene().what"
              [withoutHeader]="scene().withoutHeader"
              [getToken]="scene().getToken"
              (rai-wish-request)="hear($event)"
            >
              @if (scene().title; as title) {
                <b slot="header">{{ title }}</b>
              }
            </rai-store>
          }
          @case ('rai-milestone') {
            <rai-milestone
              #widget
              [attr.api-url]="scene().apiUrl"
              [attr.api-key]="scene().apiKey"
              [attr.milestone]="scene().what"
              [withoutHeader]="scene().withoutHeader"
              [getToken]="scene().getToken"
              (rai-claim-request)="hear($event)"
            >
              @if (scene().title; as title) {
                <b slot="header">{{ title }}</b>
              }
            </rai-milestone>
          }
          @case ('rai-socials') {
            <rai-socials
              #widget
              [attr.api-url]="scene().apiUrl"
              [attr.api-key]="scene().apiKey"
              [attr.network]="scene().what"
              [withoutHeader]="scene().withoutHeader"
              [getToken]="scene().getToken"
              (rai-claim-request)="hear($event)"
            >
              @if (scene().title; as title) {
                <b slot="header">{{ title }}</b>
              }
            </rai-socials>
          }
          @case ('rai-channel') {
            <rai-channel
              #widget
              [attr.api-url]="scene().apiUrl"
              [attr.api-key]="scene().apiKey"
              [attr.channel]="scene().what"
              [withoutHeader]="scene().withoutHeader"
              [getToken]="scene().getToken"
              (rai-send-request)="hear($event)"
            >
              @if (scene().title; as title) {
                <b slot="header">{{ title }}</b>
              }
            </rai-channel>
          }
        }
      }
    `,
  })
  class App {
    readonly scene = scene
    readonly hear = hear

    @ViewChild('widget') set widget(ref: ElementRef<HTMLElement> | undefined) {
      ref?.nativeElement.addEventListener('rai-load', hear)
    }
  }

  const app = await bootstrapApplication(App)
  return { draw: scene.set, unmount: () => app.destroy() }
})

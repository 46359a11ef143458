// All that a page has to do to be as high as its content, and in the community's colours.
import { connect } from '/bridge/guest/index.js'

await connect()

import type { AnswerOf, BodyOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { productJobs } from '../../domain/bulk/jobs.js'
import { forgetImages } from '../../domain/pictures/images.js'
import {
  createProducts,
  deleteProduct,
  discountOf,
  listProducts,
  type Product,
  type ProductInput,
  productById,
  stockOf,
  updateProduct,
} from '../../domain/store/products.js'
import { addVouchers, countVouchers, dropVouchers } from '../../domain/store/vouchers.js'
import type { Handlers, Services } from '../../http/context.js'
import { pageByNumber } from '../../http/page.js'
import { shownImageUrl } from '../../pages/pictures.js'
import { queueFile, showErrors, showJobs, showOneJob } from '../files-of-rows.js'
import { withPictures } from '../pictures.js'

export const products: Handlers<
  Extract<RouteKey, `${string} /v1/products${string}` | `${string} /v1/product-imports${string}`>
> = {
  'GET /v1/products': async (context) => {
    const { tx, query, deps } = context
    const { categoryId, search } = query
    const products = await pageByNumber(context, (page) => listProducts(tx, { ...page, categoryId, search }))
    return products.map((product) => showProduct(deps, product))
  },

  'POST /v1/products': async ({ tx, body, deps, now }) => {
    const [product] = await createProducts(tx, [newProduct(body)], now)
    return showProduct(deps, product!)
  },

  'POST /v1/products/bulk': async ({ tx, body, deps, now, note }) => {
    const made = await createProducts(tx, body.map(newProduct), now)
    note.each = made.map(({ id }) => ({ productId: id }))
    return made.map((product) => showProduct(deps, product))
  },

  'PUT /v1/products/bulk': async ({ tx, body, deps, now, note }) => {
    note.each = body.map(({ _id }) => ({ productId: _id }))
    const changed: Product[] = []
    for (const { _id, ...changes } of body) changed.push(await change(tx, _id, inputOf(changes), now))
    return changed.map((product) => showProduct(deps, product))
  },

  'POST /v1/products/import': (context) => queueFile('product-import', context),

  'GET /v1/product-imports': ({ tx, query }) => showJobs(tx, productJobs, query.limit),

  'GET /v1/product-imports/{importId}': ({ tx, params }) => showOneJob(tx, productJobs, params.importId),

  'GET /v1/product-imports/{importId}/errors.csv': ({ tx, params, deps }) =>
    showErrors(tx, productJobs, params.importId, deps),

  'GET /v1/products/{productId}': async ({ tx, params, deps }) =>
    showProduct(deps, await productById(tx, params.productId)),

  'PUT /v1/products/{productId}': async ({ tx, params, body, deps, now }) =>
    showProduct(deps, await change(tx, params.productId, inputOf(body), now)),

  'PUT /v1/products/{productId}/image': (context) =>
    withPictures(context, async (tx, { image }) => {
      const { params, deps, now } = context
      return showProduct(deps, await change(tx, params.productId, { image }, now))
    }),

  'DELETE /v1/products/{productId}': async ({ tx, params, now }) => {
    const { image_id } = await deleteProduct(tx, params.productId, now)
    await forgetImages(tx, [image_id], now)
    return { _id: params.productId }
  },

  'GET /v1/products/{productId}/vouchers': async ({ tx, params, now }) => {
    const { id } = await productById(tx, params.productId)
    return countVouchers(tx, id, now)
  },

  'POST /v1/products/{productId}/vouchers': async ({ tx, params, body, deps, now }) => {
    const expiresAt = moment(body.expiresAt) ?? null
    return addVouchers(tx, deps.rootKey, params.productId, body.codes, expiresAt, now)
  },

  'DELETE /v1/products/{productId}/vouchers': async ({ tx, params, now }) => {
    await dropVouchers(tx, params.productId)
    return countVouchers(tx, params.productId, now)
  },
}

/** Changes a product, and removes the picture that it had before if it shows it no more. */
async function change(tx: Tx, id: string, input: ProductInput, at: Date): Promise<Product> {
  const { before, product } = await updateProduct(tx, id, input, at)
  if (product.image_id !== before.image_id) await forgetImages(tx, [before.image_id], at)
  return product
}

type Body = BodyOf<'PUT /v1/products/{productId}'>

/** Null says none, undefined says nothing. */
const moment = (time: string | null | undefined): Date | null | undefined => (time == null ? time : new Date(time))

const inputOf = ({ categoryID, startsAt, endsAt, information, orderStatusID, ...body }: Body): ProductInput => ({
  ...body,
  categoryId: categoryID,
  startsAt: moment(startsAt),
  endsAt: moment(endsAt),
  questions: information,
  orderStatus: orderStatusID,
})

const newProduct = ({ name, price, ...body }: BodyOf<'POST /v1/products'>) => ({ ...inputOf(body), name, price })

const showProduct = ({ config }: Services, product: Product): AnswerOf<'POST /v1/products'> => ({
  _id: product.id,
  communityID: product.community_id,
  name: product.name,
  description: product.description,
  image: shownImageUrl(config.filesUrl, product.community_id, product.image_id),
  imageAlt: product.image_alt,
  type: product.type,
  categoryID: product.category_id,
  price: product.price,
  variablePrice: product.variable_price,
  discount: discountOf(product),
  accessRules: product.access_rules,
  startsAt: product.starts_at?.toISOString() ?? null,
  endsAt: product.ends_at?.toISOString() ?? null,
  stock: stockOf(product),
  purchaseLimit: product.purchase_limit,
  information: product.questions,
  terms: product.terms,
  instructions: product.instructions,
  link: product.link,
  orderStatusID: product.order_status,
  isArchived: product.is_archived,
  displayOrder: product.display_order,
  createdAt: product.created_at.toISOString(),
  updatedAt: product.updated_at.toISOString(),
  __v: product.revision,
})

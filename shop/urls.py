from django.urls import path

from shop.views import brand, market, redirect, studio

urlpatterns = [
    path("s/<slug:code>/", redirect.affiliate_link, name="affiliate_link"),
    path("shop/", market.marketplace, name="marketplace"),
    path("shop/<slug:public_id>/", market.product_detail, name="product_detail"),
    path("shop/<slug:public_id>/link/", market.product_link, name="product_link"),
    path("@<str:handle>/shop/", market.creator_showcase, name="creator_showcase"),
    path("studio/shop/", studio.showcase, name="showcase"),
    path("studio/shop/commissions/", studio.commission_list, name="commission_list"),
    path("studio/shop/commissions/<slug:public_id>/", studio.commission_detail, name="commission_detail"),
    path("brand/", brand.brand_home, name="brand_home"),
    path("brand/products/", brand.brand_product_list, name="brand_product_list"),
    path("brand/products/new/", brand.brand_product_new, name="brand_product_new"),
    path("brand/products/<slug:public_id>/", brand.brand_product_edit, name="brand_product_edit"),
    path("brand/products/<slug:public_id>/target/", brand.brand_product_target, name="brand_product_target"),
    path("brand/products/<slug:public_id>/delist/", brand.brand_product_delist, name="brand_product_delist"),
    path("brand/orders/", brand.brand_order_list, name="brand_order_list"),
    path("brand/budget/", brand.brand_top_up, name="brand_top_up"),
    path("brand/key/", brand.brand_signing_key, name="brand_signing_key"),
]

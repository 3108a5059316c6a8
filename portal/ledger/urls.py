from django.urls import path

from portal.ledger import views

urlpatterns = [
    path("books/", views.books, name="books"),
    path("books/accounts/", views.ledger_account_list, name="ledger_account_list"),
    path("books/accounts/<path:code>/", views.ledger_account, name="ledger_account"),
    path("books/entries/<path:key>/", views.ledger_entry, name="ledger_entry"),
    path("books/sources/<path:name>/", views.ledger_source, name="ledger_source"),
]

from typing import ClassVar

from django import forms

from portal.feedback.models import Answer, Idea


class IdeaForm(forms.ModelForm):
    class Meta:
        model = Idea
        fields = ("title", "body", "area", "page")
        widgets: ClassVar[dict[str, object]] = {"page": forms.HiddenInput}


class AnswerForm(forms.ModelForm):
    class Meta:
        model = Answer
        fields = ("outcome", "text")

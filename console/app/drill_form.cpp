// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/drill_form.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSpinBox>
#include <algorithm>

#include "backend/drill/order.h"

namespace zz::console {
namespace {

enum class Editor : std::uint8_t { Number, Text, Peer, Client };

// How each further word of the catalogue is asked for.
struct Ask {
    const char* name;
    const char* label;
    Editor editor;
    int least, most, usual;
    const char* suffix;
    const char* hint; // of a text
};
constexpr Ask kAsks[] = {
    {"truth", QT_TRANSLATE_NOOP("DrillForm", "T&ruth"), Editor::Text, 0, 0, 0, "",
     QT_TRANSLATE_NOOP("DrillForm", "as the matrix says")},
    {"liar", QT_TRANSLATE_NOOP("DrillForm", "&Liars"), Editor::Text, 0, 0, 0, "",
     QT_TRANSLATE_NOOP("DrillForm", "the smallest set; or E1, A4")},
    {"sign", QT_TRANSLATE_NOOP("DrillForm", "Si&gns"), Editor::Text, 0, 0, 0, "",
     QT_TRANSLATE_NOOP("DrillForm", "what it told; or E1=Q, E2=-")},
    {"peer", QT_TRANSLATE_NOOP("DrillForm", "Far &end"), Editor::Peer, 0, 0, 0, "", ""},
    {"client", QT_TRANSLATE_NOOP("DrillForm", "&Left out"), Editor::Client, 0, 0, 0, "", ""},
    {"delay-ms", QT_TRANSLATE_NOOP("DrillForm", "&Delay"), Editor::Number, 1, 600'000, 5000, " ms",
     ""},
    {"interval-ms", QT_TRANSLATE_NOOP("DrillForm", "&Interval"), Editor::Number, 10, 60'000, 1000,
     " ms", ""},
    {"loss-percent", QT_TRANSLATE_NOOP("DrillForm", "L&oss"), Editor::Number, 1, 100, 10, " %", ""},
    {"seed", QT_TRANSLATE_NOOP("DrillForm", "See&d"), Editor::Number, 1, 1'000'000, 1, "", ""},
    {"copies", QT_TRANSLATE_NOOP("DrillForm", "C&opies"), Editor::Number, 1, 1000, 100, "", ""},
    {"wrong", QT_TRANSLATE_NOOP("DrillForm", "&Wrong value"), Editor::Number, 1, 64, 1, "", ""},
};

QStringList parts_of(const QString& text) {
    QStringList out;
    for (const QString& part : text.split(',', Qt::SkipEmptyParts))
        if (!part.trimmed().isEmpty())
            out << part.trimmed();
    return out;
}

} // namespace

DrillForm::DrillForm(const Session& session, QWidget* parent)
    : QWidget(parent), session_(session), form_(new QFormLayout(this)), application_(new QComboBox),
      name_(new QComboBox), target_(new QComboBox), text_(new QLabel), matrix_(new QPlainTextEdit),
      lease_(new QSpinBox), times_(new QSpinBox) {
    form_->setContentsMargins(0, 0, 0, 0);
    form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    for (const auto& entry : drill::catalog())
        name_->addItem(QString::fromStdString(std::string(entry.name)));
    name_->setMaxVisibleItems(name_->count());
    text_->setWordWrap(true);
    text_->setProperty("role", QStringLiteral("muted"));
    target_->setEditable(true);
    for (QComboBox* box : {application_, name_, target_}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(8);
    }
    target_->setToolTip(tr("Several: with commas"));
    matrix_->setPlaceholderText(",A1,A2,A3,A4\nE1,P,Q,Q,Q\nE2,P,P,P,Q");
    matrix_->setTabChangesFocus(true);
    matrix_->setFixedHeight(92);
    lease_->setRange(5, 3600);
    lease_->setValue(60);
    lease_->setSuffix(tr(" s"));
    times_->setRange(1, 100);
    form_->addRow(tr("&Application"), application_);
    form_->addRow(tr("&Fault"), name_);
    form_->addRow(text_);
    form_->addRow(tr("&Target"), target_);
    form_->addRow(tr("&Matrix"), matrix_);
    for (const Ask& ask : kAsks)
        makeParameter(QLatin1String(ask.name));
    form_->addRow(tr("Lea&se"), lease_);
    form_->addRow(tr("Repeat &N times"), times_);
    connect(application_, &QComboBox::currentIndexChanged, this, &DrillForm::fillTargets);
    connect(name_, &QComboBox::currentIndexChanged, this, &DrillForm::fillTargets);
    connect(target_, &QComboBox::currentTextChanged, this, &DrillForm::edited);
    connect(matrix_, &QPlainTextEdit::textChanged, this, &DrillForm::edited);
    connect(lease_, &QSpinBox::valueChanged, this, &DrillForm::edited);
    fillApplications();
}

void DrillForm::makeParameter(const QString& name) {
    const Ask* ask = std::find_if(std::begin(kAsks), std::end(kAsks),
                                  [&](const Ask& one) { return name == QLatin1String(one.name); });
    QWidget* editor = nullptr;
    if (ask->editor == Editor::Number) {
        auto* box = new QSpinBox;
        box->setRange(ask->least, ask->most);
        box->setValue(ask->usual);
        box->setSuffix(QLatin1String(ask->suffix));
        connect(box, &QSpinBox::valueChanged, this, &DrillForm::edited);
        editor = box;
    } else if (ask->editor == Editor::Text) {
        auto* line = new QLineEdit;
        line->setPlaceholderText(tr(ask->hint));
        connect(line, &QLineEdit::textChanged, this, &DrillForm::edited);
        editor = line;
    } else {
        auto* box = new QComboBox;
        connect(box, &QComboBox::currentIndexChanged, this, &DrillForm::edited);
        editor = box;
    }
    editor->setObjectName("parameter-" + name);
    editors_[name] = editor;
    form_->addRow(tr(ask->label), editor);
}

void DrillForm::fillApplications() {
    const QString before = application_->currentText();
    const QSignalBlocker quiet(application_);
    application_->clear();
    if (session_.cluster() != nullptr)
        for (const auto& app : session_.cluster()->applications)
            application_->addItem(QString::fromStdString(app.name));
    application_->setCurrentIndex(std::max(0, application_->findText(before)));
    fillTargets();
}

void DrillForm::fillPeople(QComboBox* box, bool execution, bool agreement, bool clients) const {
    const auto* cluster = session_.cluster();
    const auto* app = cluster != nullptr
                          ? cluster->application(application_->currentText().toStdString())
                          : nullptr;
    if (app == nullptr)
        return;
    if (execution)
        for (const auto& slot : app->execution)
            box->addItem(QString("E%1").arg(slot.id.value), slot.id.value);
    if (agreement)
        for (const auto& replica : app->agreement)
            box->addItem(QString("A%1").arg(replica.id.value), replica.id.value);
    if (clients)
        for (const auto& client : app->clients)
            box->addItem(QString::fromStdString(client.name), client.id.value);
}

void DrillForm::fillTargets() {
    const std::string name = name_->currentText().toStdString();
    const auto* entry = drill::find_drill(name);
    if (entry == nullptr)
        return;
    const bool matrix = name == "matrix";
    text_->setText(QString::fromStdString(std::string(entry->text)));
    const auto show = [this](QWidget* editor, bool yes) {
        editor->setVisible(yes);
        if (auto* label = form_->labelForField(editor))
            label->setVisible(yes);
    };
    show(matrix_, matrix);
    show(target_, !matrix);
    for (const auto& [parameter, editor] : editors_) {
        const auto has = [&, wanted = parameter.toStdString()](const drill::Parameter& one) {
            return one.name == wanted;
        };
        show(editor, std::any_of(entry->parameters.begin(), entry->parameters.end(), has));
    }
    const QString before = target_->currentText();
    {
        const QSignalBlocker quiet(target_);
        target_->clear();
        if (entry->host && session_.cluster() != nullptr)
            for (const auto& host : session_.cluster()->hosts)
                target_->addItem(QString::fromStdString(host.name));
        fillPeople(target_, entry->execution, entry->agreement, entry->client);
        if (entry->execution)
            target_->addItem("active");
        if (entry->agreement)
            target_->addItem("primary");
        target_->setCurrentIndex(std::max(0, target_->findText(before)));
    }
    auto* peer = static_cast<QComboBox*>(editors_["peer"]);
    auto* client = static_cast<QComboBox*>(editors_["client"]);
    const QSignalBlocker quiet_peer(peer), quiet_client(client);
    peer->clear();
    peer->addItem(tr("all its links"));
    fillPeople(peer, true, true, true);
    client->clear();
    fillPeople(client, false, false, true);
    Q_EMIT edited();
}

void DrillForm::setDraft(const QString& application, const QString& name,
                         const QStringList& targets, const QString& csv, const QString& truth) {
    application_->setCurrentText(application);
    name_->setCurrentText(name);
    fillTargets();
    if (!targets.isEmpty())
        target_->setCurrentText(targets.join(", "));
    matrix_->setPlainText(csv);
    for (const char* text : {"liar", "sign"})
        setParameter(text, {});
    setParameter("truth", truth);
    Q_EMIT edited();
}

void DrillForm::setParameter(const QString& name, const QString& text) {
    static_cast<QLineEdit*>(editors_.at(name))->setText(text);
}

void DrillForm::setLease(int seconds) {
    lease_->setValue(seconds);
}

QStringList DrillForm::parameters() const {
    QStringList out;
    for (const auto& [name, editor] : editors_)
        if (!editor->isHidden())
            out << name;
    return out;
}

std::string DrillForm::value(const QString& parameter) const {
    QWidget* editor = editors_.at(parameter);
    if (const auto* box = qobject_cast<QSpinBox*>(editor))
        return std::to_string(box->value());
    if (const auto* box = qobject_cast<QComboBox*>(editor)) {
        if (parameter == "client")
            return box->currentData().toString().toStdString();
        return box->currentIndex() > 0 ? box->currentText().toStdString() : std::string();
    }
    return {};
}

DeskQuestion DrillForm::question() const {
    DeskQuestion out;
    out.application = application_->currentText().toStdString();
    out.drill.name = name_->currentText().toStdString();
    if (!matrix_->isHidden())
        out.drill.csv = matrix_->toPlainText().toStdString() + "\n";
    else
        for (const QString& target : parts_of(target_->currentText()))
            out.drill.targets.push_back(target.toStdString());
    for (const QString& name : parameters()) {
        if (const auto* line = qobject_cast<QLineEdit*>(editors_.at(name))) {
            for (const QString& part : parts_of(line->text()))
                out.drill.parameters.push_back({name.toStdString(), part.toStdString()});
        } else if (const std::string given = value(name); !given.empty()) {
            out.drill.parameters.push_back({name.toStdString(), given});
        }
    }
    out.drill.lease = static_cast<std::uint32_t>(lease_->value());
    return out;
}

int DrillForm::times() const {
    return times_->value();
}

} // namespace zz::console

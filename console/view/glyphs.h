// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes of states, badges, textures and roles: pure painting into a rectangle, the same on
// screen, in icons, in exports. Each shape is told apart without colour. GUI thread.
#pragma once

#include <QIcon>
#include <QPainter>

#include "console/model/replica_look.h"
#include "console/model/timeline_data.h"
#include "console/view/theme.h"

namespace zz::console {

// `progress` 0..1 draws a part of the ring of waking, recovering and re-imaging; below 0: three
// quarters. `stale` hatches over it.
void paint_state(QPainter& painter, const QRectF& box, ReplicaState state, const Theme& theme,
                 double progress = -1, bool stale = false);
// An agreement replica: a blue disc, hollow with a dash if it is not heard, with a star if primary.
void paint_agreement(QPainter& painter, const QRectF& box, ReplicaState state, bool primary,
                     const Theme& theme, bool stale = false);
void paint_badge(QPainter& painter, const QRectF& box, Badge badge, const Theme& theme);
void paint_mark(QPainter& painter, const QRectF& box, MarkKind kind, const Theme& theme);
// Diagonal hatch of what is not known or not of now.
void paint_hatch(QPainter& painter, const QRectF& box, const QColor& colour, double step = 7);
// Ground, texture and letter of digest class `which`.
void paint_digest(QPainter& painter, const QRectF& box, int which, const QString& letter,
                  const Theme& theme, double radius = 4);
void paint_texture(QPainter& painter, const QRectF& box, int which, const QColor& colour);

QIcon icon_of(ReplicaState state, const Theme& theme, bool stale = false, int size = 16);
QIcon icon_of(Badge badge, const Theme& theme, int size = 16);

} // namespace zz::console
